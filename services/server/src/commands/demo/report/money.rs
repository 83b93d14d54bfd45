//! Everything in yen: paying firms, invoices, settlement, bordereau, the heavy claim.

use super::super::table::{Table, grouped};
use super::labels::label;
use super::text::Lang;
use super::{Bordereau, HeavyClaim, Invoices, PayingFirm, Settlements};

pub(super) fn paying(rows: &[PayingFirm], lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => [
            "企業",
            "サービス",
            ">初期",
            ">月額",
            ">年額",
            ">都度",
            ">初年度",
            "有償開始",
            "加入証",
            "補償開始",
        ],
        Lang::En => [
            "firm",
            "services",
            ">initial",
            ">monthly",
            ">yearly",
            ">one-off",
            ">first year",
            "pays from",
            "certificate",
            "in force from",
        ],
    });
    for row in rows {
        let services: Vec<&str> = row.services.iter().map(|it| lang.of(it)).collect();
        table.row([
            row.firm.clone(),
            services.join(" + "),
            grouped(row.price_yen.initial),
            grouped(row.price_yen.monthly),
            grouped(row.price_yen.yearly),
            grouped(row.price_yen.one_off),
            grouped(row.first_year_yen),
            row.paid_from.clone(),
            label("certificate", &row.certificate, lang).to_owned(),
            row.in_force_from.clone(),
        ]);
    }
    table.render()
}

pub(super) fn invoices(all: &Invoices, lang: Lang) -> String {
    let mut text = format!("  {}\n", all.month);
    for invoice in &all.issued {
        text.push_str(&format!(
            "\n  {} {}  {} {}  {} {}\n",
            invoice.firm,
            invoice.number,
            lang.say("発行", "issued"),
            invoice.issued_on,
            lang.say("期日", "due"),
            invoice.due_on
        ));
        let mut table = Table::new(match lang {
            Lang::Ja => ["明細", "期間", ">金額"],
            Lang::En => ["line", "for", ">amount"],
        });
        for line in &invoice.lines {
            table.row([lang.of(&line.label).to_owned(), line.period.clone(), grouped(line.yen)]);
        }
        let mut total = |ja: &str, en: &str, yen: i64| {
            table.row([lang.say(ja, en).to_owned(), String::new(), grouped(yen)]);
        };
        total("小計（税抜）", "net", invoice.net_yen);
        total("消費税", "tax", invoice.tax_yen);
        total("合計（税込）", "gross", invoice.gross_yen);
        text.push_str(&table.render());
    }
    let mut table = Table::new(match lang {
        Lang::Ja => ["月", ">請求書", ">税抜", ">税", ">税込", ">入金"],
        Lang::En => ["month", ">invoices", ">net", ">tax", ">gross", ">paid"],
    });
    for month in &all.months {
        table.row([
            month.month.clone(),
            month.n_invoices.to_string(),
            grouped(month.net_yen),
            grouped(month.tax_yen),
            grouped(month.gross_yen),
            grouped(month.paid_yen),
        ]);
    }
    text.push('\n');
    text.push_str(&table.render());
    text
}

pub(super) fn settlement(all: &Settlements, bordereau: &Bordereau, lang: Lang) -> String {
    let mut table = Table::new(match lang {
        Lang::Ja => ["相手先", "明細", "企業", ">基準額", ">率", ">金額"],
        Lang::En => ["with", "line", "firm", ">basis", ">rate", ">amount"],
    });
    for settlement in &all.balances {
        for line in &settlement.lines {
            table.row([
                settlement.counterpart.clone(),
                lang.of(&line.label).to_owned(),
                line.firm.clone(),
                grouped(line.basis_yen),
                line.rate.clone(),
                grouped(line.yen),
            ]);
        }
        let sums = format!(
            "{} {} + {} {}",
            lang.say("税抜", "net"),
            grouped(settlement.net_yen),
            lang.say("税", "tax"),
            grouped(settlement.tax_yen)
        );
        table.row([
            settlement.counterpart.clone(),
            lang.say("合計", "total").to_owned(),
            String::new(),
            String::new(),
            sums,
            grouped(settlement.gross_yen),
        ]);
    }
    format!("  {}\n\n{}\n{}", all.month, table.render(), bordereau_text(bordereau, lang))
}

fn bordereau_text(bordereau: &Bordereau, lang: Lang) -> String {
    let mut certificates = Table::new(match lang {
        Lang::Ja => ["加入証", "被保険者", "業種", "異動", ">保険料"],
        Lang::En => ["certificate", "insured", "industry", "change", ">premium"],
    });
    for row in &bordereau.certificates {
        certificates.row([
            row.number.clone(),
            row.insured.clone(),
            row.industry.clone(),
            label("change", &row.change, lang).to_owned(),
            grouped(row.premium_yen),
        ]);
    }
    let mut claims = Table::new(match lang {
        Lang::Ja => ["請求", "被保険者", "状態", "事故日", "補償", ">今月支払", ">発生額"],
        Lang::En => ["claim", "insured", "status", "loss", "part", ">paid this month", ">incurred"],
    });
    for row in &bordereau.claims {
        claims.row([
            row.reference.clone(),
            row.insured.clone(),
            label("claim", &row.status, lang).to_owned(),
            row.loss_on.clone(),
            label("part", &row.part, lang).to_owned(),
            grouped(row.paid_this_month_yen),
            grouped(row.incurred_yen),
        ]);
    }
    let (premium, paid) = (grouped(bordereau.premium_yen), grouped(bordereau.paid_this_month_yen));
    let incurred = grouped(bordereau.incurred_yen);
    let sums = match lang {
        Lang::Ja => format!("保険料 {premium}、今月の支払 {paid}、発生保険金 {incurred}"),
        Lang::En => format!("premium {premium}, paid this month {paid}, incurred {incurred}"),
    };
    let title = lang.say("ボルドロー", "Bordereau");
    let (month, contract) = (&bordereau.month, &bordereau.contract);
    let (certificates, claims) = (certificates.render(), claims.render());
    format!("  {title} {month} {contract}\n\n{certificates}\n{claims}\n  {sums}\n")
}

pub(super) fn heavy(claim: &HeavyClaim, lang: Lang) -> String {
    let (loss, premium) = (grouped(claim.loss_yen), grouped(claim.premium_yen));
    let n = claim.certificates;
    let mut text = match lang {
        Lang::Ja => format!("  損害 {loss} 円、加入証 {n} 件、年間保険料 {premium} 円\n\n"),
        Lang::En => format!("  loss {loss}, {n} certificates, premium of the year {premium}\n\n"),
    };
    let mut table = Table::new(match lang {
        Lang::Ja => ["場合", ">支払", ">損害率", ">翌年の保険料", ">加入証1件・月"],
        Lang::En => {
            ["case", ">paid", ">loss ratio", ">next year's premium", ">per certificate, month"]
        }
    });
    for case in &claim.cases {
        table.row([
            case.case.clone(),
            grouped(case.losses_yen),
            case.loss_ratio.clone(),
            grouped(case.next_year_premium_yen),
            grouped(case.next_premium_monthly_yen),
        ]);
    }
    text.push_str(&table.render());
    for case in &claim.cases {
        if case.losses_yen > 0 {
            text.push_str(&format!("  {}: {}\n", case.case, lang.of(&case.message)));
        }
    }
    text
}
