"""What a principal agrees to when a representative takes a draft over. Pure.

Source: Law 91/2025/QH15 Art.9: free, for one purpose, verifiable, never ticked
beforehand. This purpose ends with the representation of one draft, so it is agreed to there.
"""

from datetime import timedelta

from dossiers.rules.words import Words

SHARE_TEXT_VERSION = "2026-1"
SHARE_VI = (
    "Tôi đồng ý để người được ủy quyền xem các thông tin của tôi mà ứng dụng điền sẵn vào hồ sơ "
    "này. Tôi có thể rút lại bất cứ lúc nào."
)
SHARE_EN = (
    "I agree that my representative sees what the app fills in about me in this dossier. I may "
    "withdraw this at any time."
)
ANSWER_WITHIN = timedelta(days=7)
VALID_FOR = timedelta(days=90)
VALID_AT_MOST = timedelta(days=365)
INVITATIONS_A_DAY = 10

WORDS = {
    "represented_invited": Words(
        "Có người mời bạn làm người đại diện",
        "Mở lời mời để xem thủ tục và quyết định nhận hay từ chối, trong vòng 7 ngày.",
        "Somebody asks you to represent them",
        "Open the invitation to see what it is about, and accept or refuse within 7 days.",
    ),
    "represented_accepted": Words(
        "Người được ủy quyền đã nhận hồ sơ nháp",
        "Từ nay người được ủy quyền soạn và gửi hồ sơ. Bạn có thể lấy lại bất cứ lúc nào trước khi "
        "hồ sơ được gửi.",
        "Your representative took the draft over",
        "They write and file it now. You may take it back at any time before it is filed.",
    ),
    "represented_refused": Words(
        "Lời mời đại diện bị từ chối",
        "Người được mời không nhận. Hồ sơ nháp vẫn do bạn soạn.",
        "The invitation was refused",
        "The invited person said no. The draft stays with you.",
    ),
    "represented_given_back": Words(
        "Người được ủy quyền đã trả lại hồ sơ",
        "Việc đại diện đã chấm dứt. Hồ sơ nháp lại do bạn soạn.",
        "Your representative gave the draft back",
        "The representation is over. The draft is yours to write again.",
    ),
    "represented_lapsed": Words(
        "Việc đại diện đã hết hiệu lực",
        "Lời mời hoặc thời hạn đại diện đã hết, hoặc hồ sơ nháp không còn.",
        "The representation ran out",
        "The invitation or its term ran out, or the draft is no more.",
    ),
    "represented_submit": Words(
        "Người được ủy quyền đã gửi hồ sơ của bạn",
        "Hồ sơ đã được gửi thay bạn. Mọi bước tiếp theo có trong mục hồ sơ.",
        "Your representative filed your dossier",
        "It was filed for you. Every further step is in your dossiers.",
    ),
    "represented_supplied": Words(
        "Người được ủy quyền đã bổ sung hồ sơ của bạn",
        "Nội dung bổ sung đã được gửi thay bạn. Bạn xem được trong mục hồ sơ.",
        "Your representative answered a request about your dossier",
        "What was asked for was sent for you. You can read it in your dossiers.",
    ),
    "represented_withdrew": Words(
        "Người được ủy quyền đã đề nghị dừng hồ sơ của bạn",
        "Cơ quan sẽ xem xét đề nghị. Nếu bạn không muốn dừng, hãy nhắn cho cơ quan ngay và chấm "
        "dứt việc đại diện.",
        "Your representative asked to stop your dossier",
        "The office looks at it. If you do not want that, write to the office now and end the "
        "representation.",
    ),
    "representing_taken_back": Words(
        "Người ủy quyền đã chấm dứt việc đại diện",
        "Bạn không còn quyền xem hoặc soạn hồ sơ này.",
        "The representation was taken back",
        "You may no longer see or write this dossier.",
    ),
    "representing_lapsed": Words(
        "Việc đại diện đã hết hiệu lực",
        "Thời hạn đại diện đã hết, hoặc hồ sơ nháp không còn.",
        "The representation ran out",
        "Its term ran out, or the draft is no more.",
    ),
    "draft_expiring": Words(
        "Hồ sơ nháp sắp hết hạn",
        "Một hồ sơ nháp sẽ bị xóa sau {days} ngày nữa nếu không được sửa hoặc gửi.",
        "A draft is about to run out",
        "A draft will be erased in {days} days unless it is changed or submitted.",
    ),
    "draft_expired": Words(
        "Hồ sơ nháp đã hết hạn",
        "Một hồ sơ nháp không được sửa trong 90 ngày đã bị xóa cùng nội dung.",
        "A draft ran out",
        "A draft that nobody changed for 90 days was erased with its content.",
    ),
}
"""What people read about a hand-over and about drafts that run out; nothing personal."""
