"""The page behind the code of a slip, on phones, in several states: read, measured, kept."""

from typing import Any

from selenium.webdriver.common.by import By

WIDTHS = (360, 320)
PRIVATE = ("Nguyễn Thị Lan", "0921950", "+849", "Nguyễn Trãi", "Cán bộ")
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: contrast of ordinary text, at least

# Contrast of every text with the first opaque ground behind it, by the formula of WCAG.
CONTRAST = """
const light = c => { const p = c.map(v => { v /= 255;
  return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * p[0] + .7152 * p[1] + .0722 * p[2]; };
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const ground = e => { for (; e; e = e.parentElement) {
  const c = rgb(getComputedStyle(e).backgroundColor);
  if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
const worst = [];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  const a = light(rgb(getComputedStyle(e).color).slice(0, 3));
  const b = light(ground(e).slice(0, 3));
  worst.push((Math.max(a, b) + .05) / (Math.min(a, b) + .05));
}
return Math.min(...worst);
"""


def sent(walk: Any, dossier: dict[str, Any]) -> None:
    """Look at a dossier that was just sent, in both languages."""
    page(walk, dossier, "sent", "Mới đăng ký")
    page(walk, dossier, "sent-english", "Submitted", query="?lang=en")
    walk.holds("the page behind the QR code can be read in English", "Steps" in walk.text())
    walk.browser.find_element(By.CSS_SELECTOR, "header a").click()
    walk.until("and leads back to Vietnamese", lambda b: "Các bước" in walk.text())


def refused(walk: Any) -> None:
    """Look at a dossier that was refused at reception."""
    dossier = walk.dossier()
    move(walk, "tiep-nhan", dossier, "refuse", 1, reason="Lý do riêng của người nộp")
    page(walk, dossier, "refused", "Không được tiếp nhận")
    walk.holds("the reason is told to nobody else", "Lý do riêng" not in walk.browser.page_source)


def waiting(walk: Any) -> None:
    """Look at a dossier that waits for its citizen."""
    dossier = walk.dossier()
    move(walk, "tiep-nhan", dossier, "request_supplement", 1, reason="Thiếu giấy tờ")
    page(walk, dossier, "waiting", "Yêu cầu bổ sung giấy tờ")


def to_the_end(walk: Any, dossier: dict[str, Any]) -> None:
    """Look at a dossier from its reception to the result in hand."""
    page(walk, dossier, "received", "Được tiếp nhận")
    walk.holds("a received dossier has a promised time", "Hẹn trả kết quả" in walk.text())
    move(walk, "tiep-nhan", dossier, "forward", 2)
    page(walk, dossier, "processing", "Đang xử lý")
    move(walk, "thu-ly", dossier, "propose", 4, result_text="Cấp 02 bản sao")
    move(walk, "lanh-dao", dossier, "sign", 4)
    page(walk, dossier, "done", "Đã xử lý xong")
    move(walk, "tiep-nhan", dossier, "hand_over", 9)
    page(walk, dossier, "returned", "Đã trả kết quả")


def page(walk: Any, dossier: dict[str, Any], name: str, state: str, query: str = "") -> None:
    """Open the page at phone widths, by day and by night, and hold it to what it promises."""
    address = walk.base + "/t/" + dossier["lookup_url"].rsplit("/", 1)[-1] + query
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            as_phone(walk, width, scheme)
            walk.browser.get(address)
            text, source = walk.text(), walk.browser.page_source
            what = f"look-up {name} at {width} {scheme}"
            walk.holds(f"{what}: code and state", dossier["code"] in text and state in text)
            walk.holds(f"{what}: nothing personal", not any(word in source for word in PRIVATE))
            wide = walk.browser.execute_script("return document.documentElement.scrollWidth")
            walk.holds(f"{what}: no scrolling sideways", wide <= width)
            loaded = walk.browser.execute_script(
                "return performance.getEntriesByType('resource').map(e => e.name)"
                ".filter(name => !name.startsWith('data:'))"
            )
            walk.holds(f"{what}: loads nothing else", loaded == [])
            walk.holds(f"{what}: contrast", walk.browser.execute_script(CONTRAST) >= LEAST_CONTRAST)
            walk.picture(f"look-up-{name}-{width}-{scheme}")
    walk.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    walk.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def as_phone(walk: Any, width: int, scheme: str) -> None:
    """Make the browser a phone of that width: a window would not go below 500 pixels."""
    walk.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": True},
    )
    walk.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )


def move(walk: Any, who: str, dossier: dict[str, Any], name: str, state: int, **more: Any) -> None:
    """Make one move as a synthetic officer."""
    token = walk.api("POST", "/api/v1/dev/sign-in", {"who": who})["access_token"]
    path = f"/api/v1/officer/dossiers/{dossier['id']}/moves"
    walk.api("POST", path, {"move": name, "expected_state": state, **more}, token)
