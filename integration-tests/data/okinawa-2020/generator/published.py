"""Numbers as the two pilot reports print them. O is Okinawa's report, N is Kumamoto's. Nothing here is invented.

Percentages are whole numbers of permille (25.7 % is 257).
"""

# O-tab 3, 7, 10, 12, 13: service -> (applied, not provided, provided), in firms.
FUNNEL = {
    "UTM": (29, 14, 15),
    "CLOUD_WAF": (30, 22, 8),
    "EDR": (84, 16, 68),
    "DIAGNOSIS": (60, 13, 47),
}
DIAGNOSIS_KINDS = {
    "DIAGNOSIS_WEB": (45, 12, 33),
    "DIAGNOSIS_PLATFORM": (31, 8, 23),
}
FIRMS_APPLIED = 116  # O§3.5
FIRMS_PROVIDED = 102  # O§3.5
EDR_INSTALLED = 523  # O§7.3.3, text
EDR_VERDICTS = {"NONE": 408, "SUSPECTED": 13, "FEARED": 100}  # O§7.3.3, table
EDR_REPORTING = 521  # O§7.3.3, table
EDR_REVIEWED = 113  # O§7.3.3, text: every one a false positive
UTM_INSTALLED_TEXT = 18  # O§7.3.1, text
UTM_REMOVED_TEXT = 2  # O§7.3.1, text

# O-tab 8: number, industry, then the six kinds of alert (empty cells are 0).
UTM_ALERT_KINDS = ["INBOUND_ATTACK", "INTERNAL_MALWARE_COMMS", "BAD_SITE_BLOCK", "MALWARE", "ENDPOINT", "OTHER"]
UTM_ALERTS = [
    (1, "A", [0, 0, 0, 0, 0, 2]),
    (2, "L", [0, 0, 6, 0, 0, 3]),
    (3, "S", [0, 0, 6, 0, 0, 3]),
    (4, "R", [0, 0, 39, 8, 0, 6]),
    (5, "A", [0, 0, 4, 0, 0, 5]),
    (6, "L", [0, 0, 17, 0, 0, 18]),
    (7, "D", [0, 0, 64, 0, 0, 3]),
    (8, "A", [0, 0, 0, 0, 0, 0]),
    (9, "E", [0, 0, 47, 0, 0, 4]),
    (10, "D", [0, 0, 14, 0, 0, 5]),
    (11, "L", [0, 0, 0, 0, 0, 0]),
    (12, "K", [0, 0, 4, 0, 0, 0]),
    (13, "O", [0, 0, 1, 0, 0, 0]),
    (14, "R", [0, 0, 2, 0, 0, 0]),
    (15, "Q", [0, 0, 3, 0, 0, 0]),
]

# O-tab 11: code, the report's name, English name, detections.
WAF_DETECTIONS = [
    ("COMMAND_INJECTION", "コマンドインジェクション検知", "Command injection", 144),
    ("DIRECTORY_ACCESS", "ディレクトリアクセス検知", "Directory access", 222),
    ("APPLICATION_VULNERABILITY", "アプリケーション脆弱性検知", "Application vulnerability", 363),
    ("VULNERABLE_PAGE_ACCESS", "脆弱なページアクセス検知", "Access to a vulnerable page", 484),
    ("SCANNER_PROXY_SPAM_BOT", "スキャナ/プロキシ/スパムボット検知", "Scanner, proxy or spam bot", 23431),
    ("SYSTEM_FILE_ACCESS", "システムファイルアクセス検知", "Access to a system file", 306),
    ("HTTP_METHOD_RESTRICTION", "HTTP メソッド制限検知", "Restricted HTTP method", 342),
    ("HTTP_ABNORMAL_REQUEST", "HTTP 異常リクエスト検知", "Abnormal HTTP request", 857),
    ("ERROR_PAGE_CLOAKING", "エラーページクロッキング", "Error page cloaking", 2512),
]
WAF_DETECTIONS_TEXT = 27099  # O§7.3.2, text

# O§7.3.3: the five stated reasons for over-detection.
EDR_FALSE_POSITIVE_REASONS = [
    ("NORMAL_WORK", "通常の業務使用で発生したもの", "It came from normal work"),
    ("NOT_PROVABLE_AS_ATTACK", "攻撃の恐れとは断定できないもの", "It could not be shown to be an attack"),
    ("USER_OWN_PROGRAM", "ユーザーが登録しているプログラムに依存した挙動", "A program that the user had registered"),
    ("OTHER_SECURITY_PRODUCT", "使用中のセキュリティ製品により変わった挙動", "Another security product changes the behaviour"),
    ("INITIAL_SETUP_LOG", "端末の初期化時のログ", "A log of the computer's initial set-up"),
]

# O-tab 15 and 16: severity -> firms, then (severity, category, report's name, English name, findings).
WEB_FIRMS = {"URGENT": 1, "HIGH": 1, "MEDIUM": 15, "LOW": 16}
WEB_FINDINGS = [
    ("URGENT", "vulnerable_component", "脆弱性を含む製品の使用", "Product with a known weakness", 1),
    ("HIGH", "sql_injection", "SQLインジェクション", "SQL injection", 1),
    ("MEDIUM", "plaintext", "平文通信", "Plain-text traffic", 18),
    ("MEDIUM", "xss", "クロスサイトスクリプティング", "Cross-site scripting", 12),
    ("MEDIUM", "session", "セッション管理不備", "Weak session handling", 14),
    ("MEDIUM", "csrf", "クロスサイトリクエストフォージェリ", "Cross-site request forgery", 7),
    ("MEDIUM", "mail_header_injection", "メールヘッダーインジェクション", "Mail header injection", 1),
    ("LOW", "misconfiguration", "セキュリティ設定の不備", "Weak security settings", 153),
    ("LOW", "over_disclosure", "過度な情報漏えい", "Discloses more than needed", 35),
    ("LOW", "xss", "クロスサイトスクリプティング", "Cross-site scripting", 30),
    ("LOW", "error_handling", "不適切なエラー処理", "Poor error handling", 14),
    ("LOW", "vulnerable_component", "脆弱性を含む製品の使用", "Product with a known weakness", 10),
    ("LOW", "session", "セッション管理不備", "Weak session handling", 2),
]
PLATFORM_FIRMS = {"URGENT": 3, "HIGH": 4, "MEDIUM": 11, "LOW": 6}
PLATFORM_FINDINGS = [
    ("URGENT", "end_of_life", "アプリケーションのバージョンがサポート切れ", "Version out of support", 5),
    ("HIGH", "application_vulnerability", "アプリケーションの脆弱性", "Application weakness", 42),
    ("HIGH", "certificate", "証明書の不備", "Faulty certificate", 23),
    ("MEDIUM", "open_port", "不要と思われるサービスポートの開放", "Needlessly open port", 19),
    ("MEDIUM", "misconfiguration", "アプリケーションの設定不備", "Weak application settings", 2),
    ("LOW", "weak_tls", "弱い暗号化プロトコルの使用", "Weak encryption protocol", 32),
    ("LOW", "unencrypted_protocol", "非暗号化プロトコルの使用", "Unencrypted protocol", 3),
]

# O-tab 4: date, place (ja, en), form, then firms applied, persons applied, firms came, persons came, firms that joined
# the pilot; in brackets online of the first four.
BRIEFINGS_OKINAWA = [
    ("2020-09-15", "那覇会場①", "Naha 1", "ON_SITE", 13, 14, 12, 13, 7, (2, 2, 2, 2)),
    ("2020-09-29", "オンライン①", "Online 1", "WEBINAR", 2, 2, 2, 2, 0, (2, 2, 2, 2)),
    ("2020-10-02", "中部会場", "Chubu", "ON_SITE", 10, 11, 7, 12, 3, (0, 0, 0, 0)),
    ("2020-10-05", "オンライン②", "Online 2", "WEBINAR", 9, 5, 5, 5, 1, (9, 5, 5, 5)),
    ("2020-10-06", "石垣会場", "Ishigaki", "ON_SITE", 3, 3, 3, 3, 2, (0, 0, 0, 0)),
    ("2020-10-08", "宮古島会場", "Miyakojima", "ON_SITE", 7, 10, 6, 9, 2, (0, 0, 0, 0)),
    ("2020-10-23", "那覇会場②", "Naha 2", "ON_SITE", 27, 35, 23, 30, 5, (12, 13, 11, 13)),
    ("2020-11-09", "オンライン③", "Online 3", "WEBINAR", 0, 0, 0, 0, 0, (0, 0, 0, 0)),
]
BRIEFINGS_OKINAWA_TOTAL = (71, 80, 58, 74, 20)
RESULTS_MEETING_OKINAWA = (14, 16, 15, 17, 9, (7, 7, 7, 7))  # O-tab 5, 2021-01-15

# N-fig 3 to 6 (n=105), permille.
KUMAMOTO_FIRMS = 105
KUMAMOTO_LEGAL_FORM = [
    ("COMPANY", "会社", 838), ("SOLE_PROPRIETOR", "個人事業主", 48), ("MEDICAL_CORPORATION", "医療法人", 48),
    ("SOCIAL_WELFARE_CORPORATION", "社会福祉法人", 10), ("SCHOOL_CORPORATION", "学校法人", 10),
    ("SME_ASSOCIATION", "中小企業団体、組合・連合会", 29), ("NON_PROFIT", "特定非営利活動法人", 10),
    ("OTHER", "その他", 10),
]
KUMAMOTO_INDUSTRY = [
    ("A", "農業、林業", 48), ("C", "鉱業、採石業、砂利採取業", 29), ("D", "建設業", 143), ("E", "製造業", 10),
    ("G", "情報通信業", 19), ("H", "運輸業、郵便業", 48), ("I", "卸売業・小売業", 143), ("J", "金融業、保険業", 19),
    ("K", "不動産業、物品賃貸業", 48), ("L", "学術研究、専門・技術サービス業", 67), ("M", "宿泊業、飲食店", 10),
    ("N", "生活関連サービス業、娯楽業", 67), ("O", "教育学習支援業", 10), ("P", "医療、福祉", 171),
    ("Q", "複合サービス事業", 38), ("R", "サービス業（他に分類されないもの）", 67), ("T", "分類不能の産業", 67),
]
KUMAMOTO_CAPITAL = [
    (None, 10_000_000, 800), (10_000_001, 30_000_000, 86), (30_000_001, 50_000_000, 67),
    (50_000_001, 100_000_000, 38), (100_000_001, 300_000_000, 10),
]
KUMAMOTO_EMPLOYEES = [
    (1, 5, 257), (6, 10, 152), (11, 20, 200), (21, 50, 219), (51, 100, 95), (101, 200, 57), (301, 400, 10),
    (1001, None, 10),
]

HAS_AV_PERCENT = 86  # N-fig 19
HAS_UTM_PERCENT = 27  # N-fig 19

# N-fig 38 (n=104): assumed largest damage, upper end of the band in yen, percent.
ASSUMED_DAMAGE = [
    (500_000, 26), (1_000_000, 31), (5_000_000, 15), (10_000_000, 17), (50_000_000, 3), (None, 8),
]
