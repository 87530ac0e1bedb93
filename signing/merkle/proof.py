"""The proof of one document under a signed tree: path, head and signature put together from what is on record."""

from __future__ import annotations

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.merkle import Inclusion
from seals.cases.members import tree_of
from signing.archive import Archive
from signing.batch.batch import BatchForm, DocumentState
from signing.batch.desk import BatchDesk
from signing.batch.errors import BatchActRefused
from verify.signatures.merkle import TreeProof, head_for


def proof_of(desk: BatchDesk, archive: Archive, batch_id: str, number: int) -> TreeProof:
    """Return the proof of a document, numbered from 0.

    :class:`BatchActRefused` where the batch is not of that form or not sealed yet; :class:`signing.batch.errors.BatchUnknown`.
    """
    batch, one = desk.get(batch_id), desk.document(batch_id, number)
    if batch.request.form is not BatchForm.TREE or one.state is not DocumentState.DONE:
        raise BatchActRefused(
            "只有合并签名且已用印的批次才有证明。",
            "Only a batch that is sealed under one signature has proofs.",
        )
    tree = tree_of(desk.digests(batch_id))
    with archive.open(Digest(DigestAlgorithm.SHA256, bytes.fromhex(one.result))) as stream:
        signature = stream.read()
    inclusion = Inclusion(number, tree.size, tree.path(number))
    return TreeProof(head_for(tree.root, tree.size), signature, inclusion, one.document)
