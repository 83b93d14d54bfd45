//! A name server on this machine, with the records that a test gives it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tasuki_core::provisioning::DnsRecord;
use tokio::net::UdpSocket;

pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    records: Arc<Mutex<Vec<Record>>>,
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let records: Arc<Mutex<Vec<Record>>> = Arc::default();
        let known = Arc::clone(&records);
        tokio::spawn(async move {
            let mut packet = vec![0; 4_096];
            while let Ok((n, caller)) = socket.recv_from(&mut packet).await {
                let answer = answer(packet.get(..n).unwrap(), &known.lock().unwrap());
                socket.send_to(&answer, caller).await.unwrap();
            }
        });
        Self { address, records }
    }

    pub(crate) fn set(&self, records: &[DnsRecord]) {
        *self.records.lock().unwrap() = records.iter().map(record).collect();
    }
}

fn answer(packet: &[u8], known: &[Record]) -> Vec<u8> {
    let asked = Message::from_vec(packet).unwrap();
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    for query in asked.queries {
        answer.add_answers(known.iter().filter(|it| it.name == query.name).cloned());
        answer.add_query(query);
    }
    if answer.answers.is_empty() {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
    answer.to_vec().unwrap()
}

fn record(of: &DnsRecord) -> Record {
    let data = match of.kind.as_str() {
        "CNAME" => RData::CNAME(CNAME(Name::from_ascii(format!("{}.", of.value)).unwrap())),
        "A" => RData::A(A(of.value.parse().unwrap())),
        _ => RData::TXT(TXT::new(vec![of.value.clone()])),
    };
    Record::from_rdata(Name::from_ascii(format!("{}.", of.name)).unwrap(), 60, data)
}
