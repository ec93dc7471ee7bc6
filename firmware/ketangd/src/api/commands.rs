//! `POST /v1/commands`: hands a request to the owner task and answers with its reply.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use ketang_protocol::command::{Refusal, RefusalCode, Reply, Request};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Api;
use super::answer::Refused;

/// How long the owner task may take: it answers long work at once with a job, so more than this is a fault.
pub(super) const REPLY_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn post(State(api): State<Api>, body: Result<Bytes, BytesRejection>) -> Result<Json<Reply>, Refused> {
    // The type of the body is not asked for: there is only one.
    let body = body.map_err(|rejection| Refused::not_read(rejection.status(), &rejection.body_text()))?;
    let request = parse(&body)?;
    request.check()?;
    match ask(&api, request).await? {
        Reply::Refused(refusal) => Err(refusal.into()),
        done => Ok(Json(done)),
    }
}

fn parse(body: &[u8]) -> Result<Request, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let chinese = format!(
            "这不是命令（{error}）：请发送 {{\"from\": \"who\", \"command\": {{\"name\": \"stop\"}}}} 这样的内容"
        );
        let english = format!(
            "this is not a request ({error}): send {{\"from\": \"who\", \"command\": {{\"name\": \"stop\"}}}} or the like"
        );
        Refused::new(StatusCode::BAD_REQUEST, Refusal::new(RefusalCode::Invalid, chinese, english))
    })
}

async fn ask(api: &Api, request: Request) -> Result<Reply, Refused> {
    let unavailable =
        |chinese: &str, english: &str| Refused::from(Refusal::new(RefusalCode::Unavailable, chinese, english));
    let (answer, answered) = oneshot::channel();
    let asked = async {
        api.host.commands.send((request, answer)).await.ok()?;
        answered.await.ok()
    };
    match timeout(REPLY_LIMIT, asked).await {
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => {
            Err(unavailable("主机正在停止：请等它重新运行后再试", "the host is stopping: try again when it runs"))
        }
        Err(_) => Err(unavailable(
            "主机 30 秒内没有回答：原因见日志（journalctl -u ketangd）",
            "the host did not answer within 30 s: its log (journalctl -u ketangd) tells why",
        )),
    }
}
