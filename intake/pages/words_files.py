"""Words about files 附件, and about what is held after a restore."""

from collections.abc import Mapping

FILES: Mapping[str, tuple[str, str]] = {
    "file.files": ("照片和文件", "Photos and documents"),
    "file.inner_files": ("内部附件（诉求人看不到）", "Files for staff only (the caller does not see them)"),
    "file.hint": ("最多 10 个，每个 20 MB：照片、PDF、Word、Excel、文本、录音、短视频。照片里的拍摄地点会自动去掉；文档和视频里的不会。", "10 at most, 20 MB each: photos, PDF, Word, Excel, text, sound, short films. Where a photo was taken is removed from it; from documents and films it is not."),
    "file.kept": ("已经收到 {n} 个附件，不用再选", "{n} received already, no need to choose them again"),
    "file.inner": ("内部", "staff only"),
    "file.picture": ("图片.{extension}", "picture.{extension}"),
    "file.document": ("文档.{extension}", "document.{extension}"),
    "file.sound": ("录音.{extension}", "sound.{extension}"),
    "file.film": ("视频.{extension}", "film.{extension}"),
    "file.state.unscanned": ("未查毒", "not scanned for viruses"),
    "file.state.quarantined": ("正在查毒，稍后可以打开", "being scanned, opens soon"),
    "file.state.infected": ("带有病毒，已删除", "held a virus, deleted"),
    "file.state.erased": ("已按规定删除", "erased as the rules say"),
    "file.lost": ("文字已经收下，这些附件没有保存：", "Your words are kept, these files are not:"),
    "file.lost.how": ("存附件的地方现在有问题。请过后用“补充情况”再传一次。", "There is no room for files just now. Send them again later as a supplement."),
    "field.files": ("照片和文件", "Photos and documents"),
    "field.inner_files": ("内部附件", "Files for staff only"),
    "held": ("系统刚从 {at} 的备份恢复：通知暂不发出，等管理员放行。那以后的登记可能已丢失。", "Restored from the backup of {at}: no notice is sent until an administrator releases them. What was registered after it may be lost."),
}  # fmt: skip
