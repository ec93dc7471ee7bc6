//! Why a push fails, in the words that people read, with the remedy.

use ketang_pipelines::push::PushFault;
use ketang_protocol::sentence::Sentence;

pub(super) fn in_words(fault: &PushFault) -> Sentence {
    match fault {
        PushFault::Refused(said) => Sentence::new(
            format!("服务器拒绝连接：请检查推流地址的主机和端口，并确认直播服务已启动（{said}）"),
            format!(
                "the server refuses the connection: check host and port of the address, and that its live service runs ({said})"
            ),
        ),
        PushFault::Unreachable(said) => Sentence::new(
            format!("无法连到服务器：请检查推流地址和主机的网络（{said}）"),
            format!("the server cannot be reached: check the address and the host's network ({said})"),
        ),
        PushFault::NoApplication(said) => Sentence::new(
            format!("服务器不接受这个应用：请检查推流地址主机之后的部分（{said}）"),
            format!("the server does not take this application: check what follows the host in the address ({said})"),
        ),
        PushFault::NotAccepted(said) => Sentence::new(
            format!("服务器不接受这个串流密钥，或已有人在推同一路：请重新填写密钥（{said}）"),
            format!(
                "the server does not take the stream key, or somebody pushes with it already: type the key again ({said})"
            ),
        ),
        PushFault::Certificate(said) => Sentence::new(
            format!("服务器的证书有问题：请检查地址和主机的时间，或请服务器管理员更新证书（{said}）"),
            format!(
                "the server's certificate is not good: check the address and the host's clock, or have it renewed ({said})"
            ),
        ),
        PushFault::Lost(said) => Sentence::new(
            format!("与服务器的连接断了，主机会自动重连：若反复出现，请检查网络（{said}）"),
            format!(
                "the connection was lost and is tried again by itself: if it happens often, check the network ({said})"
            ),
        ),
        PushFault::TooSlow => Sentence::new(
            "服务器不再接收数据：请检查网络带宽，或降低 `recording.programme-kbit`",
            "the server takes nothing any more: check the network's bandwidth, or lower `recording.programme-kbit`",
        ),
        PushFault::NoPicture => Sentence::new(
            "主机没有可以直播的画面：原因见日志（journalctl -u ketangd）",
            "the host has no picture to send: its log (journalctl -u ketangd) tells why",
        ),
        PushFault::Other(said) => Sentence::new(format!("直播失败：{said}"), format!("the push failed: {said}")),
    }
}
