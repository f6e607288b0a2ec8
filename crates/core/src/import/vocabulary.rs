//! The words by which a runbook is understood: of HTML and of tools, of headings and of sentences.

/// A list of words, with what stands between them.
pub(super) struct Words(&'static str, char);

impl Words {
    /// Whether the word is in the list.
    pub(super) fn has(&self, word: &str) -> bool {
        !word.is_empty() && self.0.split(self.1).any(|known| known == word)
    }
}

/// Every element of HTML (WHATWG HTML, section 4, and obsolete elements that authors still write).
pub(super) const ELEMENTS: Words = Words(
    "a abbr acronym address applet area article aside audio b base bdi bdo big blockquote body br \
     button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir \
     div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 \
     head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee \
     math menu meta meter nav nobr noframes noscript object ol optgroup option output p param path \
     picture pre progress q rp rt ruby s samp script search section select slot small source span \
     strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time \
     title tr track tt u ul var video wbr",
    ' ',
);

/// Attributes that stand without a value.
pub(super) const BOOLEAN_ATTRIBUTES: Words = Words(
    "allowfullscreen async autofocus autoplay checked compact controls default defer disabled hidden \
     inert ismap loop multiple muted nomodule noshade novalidate nowrap open playsinline readonly \
     required reversed selected",
    ' ',
);

/// What kubectl and its kin print where a value is missing.
pub(super) const OUTPUT: Words = Words(
    "invalid|invalid value|nil|no value|none|not set|null|pending|unknown|unset",
    '|',
);

/// Languages of code blocks in which `Name<Type>` is a generic type.
pub(super) const GENERIC_LANGUAGES: Words = Words(
    "c# c++ cpp cs csharp cxx d dart go groovy java kotlin kt rs rust scala swift ts tsx typescript",
    ' ',
);

/// Languages of code blocks that are templates as a whole.
pub(super) const TEMPLATE_LANGUAGES: Words = Words(
    "go-html-template go-template gotmpl handlebars hbs helm j2 jinja jinja2 liquid mustache svelte \
     twig vue",
    ' ',
);

/// Type names in lower case that stand in angle brackets.
pub(super) const PRIMITIVES: Words = Words(
    "bool byte char double float i32 i64 int long str string u32 u64 u8",
    ' ',
);

/// Words that Go templates, Helm and Jinja give a meaning.
pub(super) const TEMPLATE_WORDS: Words = Words(
    "and block break call continue define else end endfor endif eq for ge gt html humanize if include \
     index js json le len lookup lt ne nil not or print printf println quote range required slice \
     template toYaml tpl urlquery with",
    ' ',
);

/// Variables that a shell sets itself; PowerShell looks at no case, so neither do we.
pub(super) const SHELL_VARIABLES: Words = Words(
    "args bash bash_source bash_version display editor env error euid executioncontext false foreach \
     home host hostname ifs input lang lastexitcode lineno logname mail matches myinvocation null \
     oldpwd path pid ppid profile psboundparameters pscmdlet pscommandpath psitem psscriptroot \
     psversiontable pwd random seconds sender shell shellid stacktrace switch term this tmpdir true \
     uid user",
    ' ',
);

/// Words that logs print in square brackets.
pub(super) const LOG_LEVELS: Words = Words(
    "DEBUG ERROR FAIL FAILED FATAL INFO NOTICE OK PASS TRACE WARN WARNING",
    ' ',
);

/// Words that a cut title should not end with.
pub(super) const LOOSE_ENDS: Words = Words(
    "a an and are as at be by for from if in including into is it its of on or that the then this to \
     when where which with",
    ' ',
);

/// Abbreviations whose full stop ends no sentence.
pub(super) const ABBREVIATIONS: Words = Words("approx ca cf e.g eg etc fig i.e ie incl no resp sec vs", ' ');

/// Headings that tell something instead of asking for it.
pub(super) const TELLING: Words = Words(
    "about|additional information|additional reading|architecture|background|contact|contacts|contents|\
     context|definition|definitions|description|faq|further reading|glossary|goal|impact|introduction|\
     license|links|meaning|notes|overview|purpose|reason|related|resources|scope|see also|summary|\
     support|symptoms|table of contents",
    '|',
);

/// Words in a heading that ask for something to be done.
pub(super) const ASKING: Words = Words(
    "action actions assess check checklist checks communicate configure contain containment deploy \
     diagnose diagnosis diagnostics duties eradicate eradication escalate escalation execute execution \
     fix install installation investigate investigation migrate migration mitigate mitigation notify \
     playbook preparation prepare procedure recover recovery remediate remediation repair resolution \
     resolve response restore rollback run runbook setup solution step steps task tasks test todo \
     triage troubleshoot troubleshooting upgrade validate validation verification verify workaround",
    ' ',
);

/// Verbs that a step begins with.
pub(super) const IMPERATIVES: Words = Words(
    "add adjust always analyse analyze announce apply approve ask assess assign attach avoid back block \
     build call capture change check clean clear click close collect communicate compare conduct \
     configure confirm connect consider contact copy create cut debug decide decrease delete deploy \
     describe detach determine disable disconnect do document don't download drain edit enable ensure \
     enter escalate examine execute export extend fetch file filter find fix follow force gather \
     generate get give go help identify implement import increase inform inspect install investigate \
     invite isolate issue join keep kill launch leave limit list locate log look make mark measure \
     migrate monitor mount move name navigate never note notify obtain open page pause perform plan \
     power prefer prepare preserve prevent print promote protect provide pull push put quarantine \
     query quit raise read reboot rebuild reconfigure record recover reduce refer register reinstall \
     reload remove rename renew repair replace report request reset resize resolve restart restore \
     restrict retrieve review revoke roll rotate run save scale scan schedule search secure select \
     send set share shut sign ssh start stop submit suspend switch take talk tell test track transfer \
     trigger try turn uninstall unmount update upgrade upload use validate verify view visit wait \
     watch work write",
    ' ',
);

/// Words that are written in capitals in a label.
pub(super) const ACRONYMS: Words = Words(
    "acl ad alb ami api arn asg aws az ca cidr cpu csv db dc dhcp dn dns ebs ec2 ecs efs eks elb fqdn \
     ftp gpu html http https iam id ids ip ips isac json kms ldap mac mfa mtu nacl nfs ntp os ou pdf \
     pid pv pvc ram rds s3 siem sla sme smtp sns sql sqs ssh ssl sso tcp tls ttl udp ui uri url uuid \
     vlan vm vpc vpn vtc xml yaml",
    ' ',
);
