//! How to look at what the demo left.

use super::report::Lang;
use super::stage::Stage;

/// Where the example server listens.
const ADDRESS: &str = "127.0.0.1:50051";

/// The call of the examples.
const SERVICE: &str = "tasuki.provisioning.v1.ProvisioningService";

/// Commands that work as printed.
pub(crate) fn text(stage: &Stage, lang: Lang) -> String {
    let title = lang.say("残ったデータベースを見るには", "To explore the database that is left");
    let serve = lang.say(
        "サーバーを起動（設定なしではこのパソコンからのみ接続でき、全員が運営事業者になります）",
        "start the server (without settings it listens on this machine only, and everybody is the operator)",
    );
    let grpcurl = lang.say(
        "年末時点の申込から提供までの件数（grpcurl。多くの試用は終了しています）",
        "the funnel as it stands at the end of the year, when most trials have ended, with grpcurl",
    );
    let python = lang.say(
        "同じものをPythonのリフレクションで（pip install grpcio-reflection）",
        "the same from Python by reflection (pip install grpcio-reflection)",
    );
    let command = stage.serve_command(ADDRESS);
    let code = python_code();
    format!(
        "## {title}\n\n  # {serve}\n  {command}\n\n  # {grpcurl}\n  \
         grpcurl -plaintext {ADDRESS} {SERVICE}/GetFunnel\n\n  # {python}\n  python3 -c '{code}'"
    )
}

fn python_code() -> String {
    [
        "import grpc",
        "from google.protobuf import descriptor_pool, json_format, message_factory",
        "from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase as Known",
        &format!("line = grpc.insecure_channel(\"{ADDRESS}\")"),
        &format!("call = descriptor_pool.DescriptorPool(Known(line)).FindServiceByName(\"{SERVICE}\").FindMethodByName(\"GetFunnel\")"),
        "ask, answer = map(message_factory.GetMessageClass, (call.input_type, call.output_type))",
        &format!("funnel = line.unary_unary(\"/{SERVICE}/GetFunnel\", ask.SerializeToString, answer.FromString)"),
        "print(json_format.MessageToJson(funnel(ask())))",
    ]
    .join("; ")
}
