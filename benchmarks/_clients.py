"""Clients that ask an OCSP responder over HTTP, one connection for each question. Standard library only: it starts fast."""

from __future__ import annotations

import itertools
import socket
import threading
import time

THREADS = 4


def ask(port: int, path: str, questions: list[bytes], seconds: float) -> float:
    """Ask again and again for ``seconds`` from four threads; return answers/s."""
    wire = [
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/ocsp-request\r\n"
            f"Content-Length: {len(question)}\r\nConnection: close\r\n\r\n"
        ).encode()
        + question
        for question in questions
    ]
    counts = [0] * THREADS
    for sent in wire[:8]:  # warm both: caches, imports, the first use of the key
        _one(port, sent)
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(port, wire[number::THREADS], began + seconds, counts, number))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _client(port: int, wire: list[bytes], until: float, counts: list[int], number: int) -> None:
    for sent in itertools.cycle(wire):
        if time.perf_counter() >= until:
            return
        _one(port, sent)
        counts[number] += 1


def _one(port: int, sent: bytes) -> None:
    """Ask once over one connection; anything but a successful OCSP answer is an error."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20] or b"\x0a\x01\x00" not in body[:8]:
        raise RuntimeError(f"no successful answer: {head[:80]!r}")
