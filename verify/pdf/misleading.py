"""What of a file as a whole may show something else than was signed, to some readers and once anything follows a signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verify.integrity import Change
from verify.pdf.appended import mark_out_of_sight
from verify.pdf.document import Document
from verify.pdf.graph import misses_pages
from verify.pdf.linearized import wakes
from verify.pdf.misread import misread_reference
from verify.pdf.repaired import unlisted_object, unusual_section
from verify.pdf.revived import older_behind
from verify.signatures.two_files import package_behind

_MARK_OUT_OF_SIGHT: Final = Change(
    "文件末尾追加了大片空白，部分阅读器因此找不到结束标记，可能改为显示先前的内容",
    "so many blanks were appended that some readers miss the end mark, and may show earlier content instead",
)
_AWAKE: Final = Change(
    "文件声称按页优化（线性化），其参数在签章或追加内容之后才成立，部分阅读器可能据此显示别的页面",
    "the document calls itself linearized by figures that came true only with the signature or what was appended, and some "
    "readers may show other pages by them",
)
_UNLISTED: Final = (
    "签章前的内容里有交叉引用未列出的对象，部分阅读器可能改为显示它",
    "the signed part holds an object that no table lists, and some readers may show it instead",
)
_OLDER_BEHIND: Final = (
    "签章前的内容里，旧内容排在新内容之后，部分阅读器修复文件时会改为显示旧内容",
    "in the signed part an older content stands behind the newer one, and readers that repair the file show the older",
)
_UNUSUAL: Final = (
    "交叉引用流的写法罕见，部分阅读器读不懂而自行修复文件，可能显示先前的内容",
    "some readers do not follow a cross-reference stream: they repair the file, and may show earlier content",
)
_MISREAD: Final = (
    "文件里有编号与代号不符的引用，各阅读器对它所指的对象理解不一",
    "a reference names no object as it is written, and some readers show another in its place",
)
_PAGES: Final = Change(
    "页面树的写法罕见或页数过多，有的页面无法确定，追加的内容可能遮盖这些页面",
    "the page tree is written oddly, or too large, so that some pages are not certain; what was appended may cover them",
)
_PACKAGE: Final = Change(
    "签章后追加的内容使该文件同时是一个压缩包（如 OFD），以压缩包打开时显示的不是所签内容",
    "what was appended makes the file a ZIP package (an OFD, say) as well, and what that shows was never signed",
)


def misleading_as_it_is(data: bytes, covered: int) -> Iterator[Change]:
    """Yield what may mislead readers of a document in which nothing but blanks follows a signature."""
    if wakes(data, covered, grown=False):
        yield _AWAKE
    if len(data) > covered and mark_out_of_sight(data):
        yield _MARK_OUT_OF_SIGHT


def misleading(document: Document, covered: int) -> Iterator[Change]:
    """Yield what may mislead readers of a document of which a signature covers so many octets, and something follows."""
    if wakes(document.data, covered, grown=True):
        yield _AWAKE
    if mark_out_of_sight(document.data):
        yield _MARK_OUT_OF_SIGHT
    for words, place in (
        (_UNLISTED, unlisted_object(document, covered)),
        (_OLDER_BEHIND, document.fact(older_behind)),
        (_UNUSUAL, document.fact(unusual_section)),
        (_MISREAD, document.fact(misread_reference)),
    ):
        if place is not None:
            yield Change(*words, object=f"offset {place}")
    if document.fact(misses_pages):
        yield _PAGES
    if package_behind(document.data, covered):
        yield _PACKAGE
