"""The domain's refusals by code: (Chinese where the domain gives no better sentence, English)."""

from collections.abc import Mapping

REFUSALS: Mapping[str, tuple[str, str]] = {
    "not_found": ("没有找到这件工单。请核对流水号。", "This ticket was not found. Check the number."),
    "changed_meanwhile": (
        "这件工单刚刚有了变化，请看过最新情况再提交。",
        "This ticket has just changed. Look at the latest state, then send again.",
    ),
    "no_deputy_needed": (
        "这个岗位的工单大家共用，不用设代理。",
        "Tickets of this role are shared by all: no deputy is needed.",
    ),
    "bad_deputy": (
        "代理要是同岗位、同单位的在用账号，不能是本人。",
        "A deputy is another active person of the same role and unit.",
    ),
    "bad_period": ("结束时间要晚于开始时间，也要晚于现在。", "The end must lie after the beginning, and after now."),
    "absent_twice": ("这段时间已经设过了，请先结束原来的。", "There is an absence in this period. End it first."),
    "deputy_absent": ("代理人这段时间也不在，请换一个人。", "The deputy is away, too. Choose somebody else."),
    "is_deputy": (
        "这段时间正替同事代理，请先给那位同事换代理。",
        "In this period they stand in for a colleague, who needs another deputy first.",
    ),
    "no_such_pack": ("没有这个版本。请回到列表再选。", "There is no such version. Choose one from the list."),
    "pack_overtaken": (
        "刚刚有人启用了另一个版本，请看过再试。",
        "Somebody has just activated another version. Look at it, then try again.",
    ),
    "no_such_absence": ("没有这条代理安排。请刷新页面再看。", "There is no such absence. Reload the page."),
    "no_such_person": ("没有这个账号。请回到人员列表再找。", "There is no such account. Go back to the list."),
    "staff_changed_meanwhile": (
        "这个账号刚刚被别人改过。您填的都还在，请对照现在的内容再保存。",
        "Somebody else has just changed this account. What you typed is kept: compare, then save again.",
    ),
    "bad_skills": ("专家至少要选一项专长，其他岗位不选。", "An expert needs a queue; other roles have none."),
    "bad_leader": ("只有承办人可以是本单位领导。", "Only a handler can lead a unit."),
    "not_yourself": (
        "不能停用自己，也不能改自己的岗位。请别的管理员来做。",
        "You cannot disable yourself or change your own role. Ask another administrator.",
    ),
    "last_admin": (
        "这是最后一个在用的管理员。请先增加另一个管理员。",
        "This is the last active administrator. Add another one first.",
    ),
    "wrong_password": ("现在的密码不对。", "The present password is not right."),
    "same_password": ("新密码不能和现在的一样。", "The new password must differ from the present one."),
    "password_must_change": ("请先设置您自己的密码。", "Set a password of your own first."),
    "extension_taken": ("这个分机已经给了别人。", "This extension belongs to somebody else."),
    "not_now": ("工单现在的状态不能做这一步。", "This step is not possible in the ticket's present state."),
    "role_may_not": ("您的岗位不能做这一步。", "Your role may not do this."),
    "wrong_login": ("登录名或密码不对。", "Login or password is not right."),
    "login_needed": ("请先登录。", "Log in first."),
    "too_many_requests": (
        "登记得太频繁了，请过一会儿再提交；急事请直接拨打 12345。",
        "Too many requests from this number or network. Keep this page open and send again later; if it is urgent, call 12345.",
    ),
    "common_password": ("这个密码太常见，一猜就中。请换一个。", "This password is too common and guessed at once. Choose another."),
    "plain_password": (
        "密码要有大写字母、小写字母、数字、符号中的至少三种。",
        "The password needs three of these: capitals, small letters, digits, symbols.",
    ),
    "wrong_code": (
        "动态口令不对，或已经用过。请等下一个再试，也可以用恢复码。",
        "The code is not right or was used before. Wait for the next one, or use a recovery code.",
    ),
    "sign_on_failed": (
        "统一认证没有成功。请再试一次；一直不行，请用本地账号登录或联系管理员。",
        "Single sign-on did not succeed. Try again; if it goes on, use a local account or tell the administrator.",
    ),
    "no_place": (
        "统一认证里没有给您本系统的岗位，或账号已停用。请联系管理员。",
        "Single sign-on gives you no role here, or the account is disabled. Tell the administrator.",
    ),
    "proof_needed": ("请再输一次密码或动态口令，确认是您本人。", "Enter your password or a code once more, to show that it is you."),
    "wrong_proof": ("密码或动态口令不对。", "Password or code is not right."),
    "reason_short": ("理由至少写 5 个字。", "Give a reason of at least 5 characters."),
    "reason_long": ("理由最多写 200 个字。", "Give a reason of at most 200 characters."),
    "bad_characters": (
        "有不能保存的字符（NUL 或不成对的代理字符）。请返回上一页，删掉以后再提交。",
        "There are characters that cannot be kept (NUL or a lone surrogate). Go back, remove them and send again.",
    ),
    "level_too_low": (
        "这个事项不能派给这一级的单位。请改选单位，或者改正事项。",
        "This duty may not be given to a unit of so low a level. Choose another unit, or correct the duty.",
    ),
    "too_late_to_return": (
        "退单的期限已过。请继续办理，或请督办改派。",
        "It is too late to return it. Go on with it, or ask a supervisor to re-dispatch it.",
    ),
    "no_mobile": (
        "这件诉求没有登记内地手机号码，不能发短信。可以改用邮件。",
        "No mainland mobile was given, so no text message can be sent. Use e-mail instead.",
    ),
    "unknown_kind": ("没有这样的公开事件，请从列表里选。", "There is no such public event. Choose from the list."),
    "too_many_webhooks": (
        "推送地址已经满了，请先停用或删掉一个。",
        "There are as many webhooks as there may be. Disable or delete one first.",
    ),
    "bad_address": (
        "这个地址不能推送。请填 https:// 开头的公网地址。",
        "Nothing can be sent to this address. Give one that begins with https:// and is on the public internet.",
    ),
    "too_many_reveals": (
        "一小时内看得太多了，已通知管理员。请稍后再试，或请班长帮忙。",
        "Too many were shown within an hour; the administrators have been told. Try later, or ask a supervisor.",
    ),
    "no_such_key": ("没有这个密钥，或者已经停用。", "There is no such key, or it is revoked."),
    "name_taken": (
        "已经有同名的密钥在用。请换一个名字，或先停用那一个。",
        "A key of this name is in use. Choose another name, or revoke that one first.",
    ),
    "too_many_tries": ("试的次数太多了，请过一会儿再试。", "Too many tries. Wait a while, then try again."),
    "already_returned": (
        "这个单位退过这件工单。要再派给它，请写明理由。",
        "This unit has returned the ticket before. To send it there again, give a reason.",
    ),
    "same_unit": ("工单已经在这个单位。", "The ticket is already with this unit."),
    "unknown_unit": ("没有这个单位，请从列表里选。", "There is no such unit. Choose one from the list."),
    "unknown_county": ("没有这个区（市）县，请从列表里选。", "There is no such district. Choose one from the list."),
    "unknown_skill": ("没有这个专家队列，请从列表里选。", "There is no such expert queue. Choose one from the list."),
    "unknown_colleague": ("请选择本单位的同事。", "Choose a colleague of your own unit."),
    "conflict_of_interest": (
        "诉求反映的就是这个单位，不能派给它。",
        "The request is about this very unit, so it cannot go there.",
    ),
    "already_taken": ("同事已经在办这件工单，请先请他移交。", "A colleague works on it. Ask them to hand it over first."),
    "not_the_handler": ("只有经办人或本单位领导可以移交。", "Only the handler or the unit's leader can hand it over."),
    "unit_has_signed": (
        "承办单位已经签收。要改派，请让单位退单，或请督办改派。",
        "The unit has signed. It can return the ticket, or a supervisor can re-dispatch it.",
    ),
    "reason_to_pass_on": ("请写一句为什么转出。", "Say in a sentence why you pass it on."),
    "search_too_broad": (
        "这样找要太久。请多写几个字，或选单位、时间。",
        "This would take too long. Write more characters, or choose a unit or a time.",
    ),
    "draft_changed": (
        "另一个窗口改过这份草稿。您这里写的已经另存一份，两份都在。",
        "Another window changed this draft. What you wrote here is kept as a draft of its own; both are there.",
    ),
    "draft_registered": (
        "这份草稿已经登记成工单。您这里写的已经另存一份，再登记就是另一件。",
        "This draft has become a ticket. What you wrote here is kept as a new draft; registering it makes another ticket.",
    ),
    "contact_not_recorded": (
        "请先用“联系了诉求人”记下那次联系，或写明没有联系的原因。",
        "Record the contact first with “Caller contacted”, or say why there was none.",
    ),
    "contact_missing": ("请先联系诉求人，再提交答复。", "Contact the caller first, then submit the reply."),
    "approval_missing": ("答复要先由本单位领导审核。", "The unit's leader must approve the reply first."),
    "wrong_end_reason": ("归档原因与工单状态不符，请重新选择。", "This reason does not fit the ticket's state. Choose another."),
    "nothing_to_confirm": (
        "这件诉求没有办理结果可以确认。想重新办理，请拨打 12345。",
        "There is no result to confirm here. Call 12345 to have it handled after all.",
    ),
    "too_late_to_confirm": (
        "结束已经很久，网上不能再确认。问题还在，请拨打 12345，由工作人员决定。",
        "This ended too long ago to be confirmed here. If it is still not solved call 12345; a person will decide.",
    ),
    "reason_missing": ("请写一句：哪里还没有解决。", "Please say in a sentence what is not solved."),
    "not_to_rate": ("这一项不用您评，或者已经评过了。", "This is not yours to rate, or you have rated it already."),
    "redo_limit": (
        "您已经多次要求重办。还要不要再办，由工作人员决定，请拨打 12345。",
        "You have sent it back as often as is possible here. Call 12345: a person will decide whether it is done again.",
    ),
    "person_decides": (
        "您已经说过没有解决，工作人员正在决定怎么办。还有话请写在“补充情况”里。",
        "You have said that it is not solved and a person is deciding. If there is more to say, use “Add details”.",
    ),
    "key_reused": ("这个表单已经提交过。请重新填写一份。", "This form was sent before. Please start a new one."),
    "already_registered": ("这个流水号已经登记过了。", "This number is registered already."),
    "login_taken": ("这个登录名已经有人用了。", "This login is taken."),
    "bad_password": (
        "密码要 8 到 128 个字符，不能包含登录名。",
        "The password needs 8 to 128 characters and must not contain the login.",
    ),
    "bad_unit": ("承办人要选单位，其他岗位不选。", "A handler needs a unit; other roles have none."),
    "bad_role": ("请选择岗位。", "Choose a role."),
    "bad_code": ("一次性代码不对或已过期。重新启动 ./hotline up 会给出新的。", "The one-time code is wrong or has expired. Restarting"
        " ./hotline up gives a new one."),
    "bad_input": ("请检查填写的内容。", "Please check what you entered."),
    "forged_form": ("这个表单已经失效。请刷新页面，再提交一次。", "This form has expired. Reload the page and send it again."),
    "try_again": ("系统暂时繁忙，您的内容还没有保存。请过几秒再提交一次。", "The system is busy and nothing was saved. Send it again in a few"
        " seconds."),
    "internal": ("系统出错了，已经记录。请稍后再试，或拨打 12345。", "Something broke on our side and was recorded. Try again later, or call"
        " 12345."),
    "file_empty": ("附件是空的（0 字节）。请重新选择文件。", "The file is empty (0 bytes). Choose it again."),
    "file_kind": (
        "这种附件不能收，或者内容和文件名不符。请检查后重新上传。",
        "This kind of file is not taken, or it holds something else than its name says, or is damaged."
        " Photos, PDF, Word, Excel, text, sound and short films are.",
    ),
    "file_too_large": ("附件太大，每个最多 20 MB。", "The file is too large: 20 MB each at most. Compress or split it."),
    "too_many_files": ("一次最多 10 个附件，其余的请下次补充。", "10 files at a time at most. Add the others later."),
    "unknown_file": (
        "有附件找不到、已经用过或已经过期，请重新上传。",
        "A file is not there, was used before or is too old. Send it again.",
    ),
    "file_gone": ("这个附件已经不在了。请联系 12345。", "This file is no longer there. Call 12345."),
    "file_held": ("这个附件正在查毒，过几分钟再打开。", "This file is being scanned. Open it in a few minutes."),
    "file_infected": ("这个附件带有病毒，已经删除。", "This file held a virus and was deleted."),
    "storage_full": ("存附件的地方已经满了。", "There is no room for files."),
    "storage_down": ("附件暂时存取不了。", "Files cannot be reached just now."),
    "files_off": ("这里暂时不收附件。", "No files are taken here."),
}  # fmt: skip
