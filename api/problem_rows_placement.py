"""Rows of the problem table: where a seal goes."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.placing import errors

PLACEMENT: Final[dict[type[Exception], Kind]] = {
    errors.PageRangeUnreadable: Kind("pages-invalid", 422, "页码范围不正确", "Pages invalid"),
    errors.NoPageChosen: Kind("no-page-chosen", 422, "没有选中任何页", "No page chosen"),
    errors.WhereUnreadable: Kind("placement-unknown", 422, "无法识别的用印位置", "Unknown kind of place"),
    errors.PlaceAmbiguous: Kind("placement-ambiguous", 422, "用印位置须恰好一种", "Exactly one place needed"),
    errors.KeywordUnusable: Kind("keyword-invalid", 422, "关键字不正确", "Keyword invalid"),
    errors.KeywordMissing: Kind("keyword-missing", 422, "没有找到关键字", "Keyword not found"),
    errors.KeywordTooSeldom: Kind("keyword-too-seldom", 422, "关键字次数不足", "Keyword stands less often"),
    errors.SearchFailed: Kind("search-failed", 422, "无法读取文件文字", "Text cannot be read"),
    errors.FieldMissing: Kind("field-missing", 422, "没有此签名域", "No such field"),
    errors.FieldSigned: Kind("field-signed", 409, "签名域已签署", "Field signed already"),
    errors.FieldTooSmall: Kind("field-too-small", 422, "签名域小于印章", "Field smaller than the seal"),
    errors.CoversSignature: Kind("covers-signature", 409, "会压住已有签章", "Covers a signature"),
    errors.SeamNeedsPages: Kind("seam-needs-pages", 422, "页数不足，不能盖骑缝章", "Seam needs two pages"),
    errors.TooManySpots: Kind("too-many-spots", 422, "盖章处过多", "Too many places"),
}
