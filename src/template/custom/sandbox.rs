//! What a template may say. It is judged before it is compiled, so that nothing is ever begun that could run or grow
//! without end: values are read and shown, and nothing in a template makes larger ones.
//!
//! What is left is bounded by what it costs: steps ([`FUEL`]), letters written, and the work of filters.

use std::collections::BTreeSet;

use minijinja::machinery::{Span, Token, ast, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::render::Care;
use super::{Unrendered, filters, variables};
use crate::http::body::nearest;

/// The longest source, in bytes.
pub(super) const SOURCE_BYTES: usize = 64 * 1024;

/// Steps of a template. The longest letter that anybody could want takes a tenth of it.
pub(super) const FUEL: u64 = 50_000;

/// How deep loops may stand in loops when it runs.
pub(super) const RECURSION: usize = 32;

/// The longest list that `range` makes.
pub(super) const RANGE: i64 = 1_000;

/// The parser counts lines and columns in 16 bits.
const MOST_LINES: usize = 5_000;

/// Words and signs between two braces. The compiler goes down into an expression, and the stack has a bottom.
const MOST_TOKENS: usize = 250;

/// How deep conditions and loops may stand in each other; each `elif` counts as one deeper.
const DEEPEST: usize = 24;

/// Values in a list that is written down.
const MOST_LISTED: usize = 100;

/// Begins and ends the mark that says which line of the source what follows stands on.
pub(super) const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

const STATEMENTS: [&str; 7] = ["if", "elif", "else", "endif", "for", "endfor", "set"];
const TESTS: [&str; 7] = ["defined", "undefined", "none", "number", "string", "even", "odd"];
const LOOP: [&str; 6] = ["index", "index0", "revindex", "first", "last", "length"];

/// How templates are read: a line that holds nothing but a condition leaves no empty line behind.
pub(super) fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    syntax.build().expect("only the white space is not as usual")
}

/// Judges a source; returns it with its lines marked.
///
/// # Errors
/// What may not be said, with its line.
pub(super) fn judged(source: &str, care: Care) -> Result<String, Unrendered> {
    judge(source, care)?;
    mark(source)
}

/// Judges a source that needs no marks.
///
/// # Errors
/// What may not be said, with its line.
pub(super) fn judge(source: &str, care: Care) -> Result<(), Unrendered> {
    if source.len() > SOURCE_BYTES {
        return Err(Unrendered::whole("the source is longer than 64 KiB; make it shorter"));
    }
    if source.lines().count() > MOST_LINES {
        return Err(Unrendered::whole(format!(
            "the source has more than {MOST_LINES} lines; make it shorter"
        )));
    }
    if let Some(bad) = source.find(|c: char| MARKS.contains(&c) || (c.is_control() && !"\r\n\t".contains(c)))
    {
        return Err(Unrendered::at(line_at(source, bad), "take out the control character"));
    }
    judge_tokens(source)?;
    let tree = parse(source, "", syntax()).map_err(|error| not_understood(&error))?;
    let mut judge = Judge { assigned: BTreeSet::new(), care };
    judge.statement(&tree)
}

/// The source with a mark before whatever is taken over as it stands, and before each end of a line in it.
fn mark(source: &str) -> Result<String, Unrendered> {
    let mut marked = String::with_capacity(source.len() * 2);
    let (mut done, mut line) = (0, 1);
    for token in tokenize(source, false, syntax()) {
        let (token, _) = token.map_err(|error| not_understood(&error))?;
        let Token::TemplateData(text) = token else { continue };
        // A slice of the source: what lies before it is its place.
        let start = text.as_ptr().addr() - source.as_ptr().addr();
        marked.push_str(&source[done..start]);
        line += source[done..start].matches('\n').count();
        push_mark(&mut marked, line);
        for part in text.split_inclusive('\n') {
            match part.strip_suffix('\n') {
                None => marked.push_str(part),
                Some(words) => {
                    line += 1;
                    marked.push_str(words);
                    push_mark(&mut marked, line);
                    marked.push('\n');
                }
            }
        }
        done = start + text.len();
    }
    marked.push_str(&source[done..]);
    Ok(marked)
}

fn push_mark(marked: &mut String, line: usize) {
    marked.push(MARKS[0]);
    marked.push_str(&line.to_string());
    marked.push(MARKS[1]);
}

fn line_at(source: &str, offset: usize) -> usize {
    source[..offset].matches('\n').count() + 1
}

pub(super) fn not_understood(error: &minijinja::Error) -> Unrendered {
    let detail = error.detail().unwrap_or("something is missing or too much");
    Unrendered { line: error.line(), reason: format!("mend what stands between the braces: {detail}") }
}

/// Counts before anything is parsed.
fn judge_tokens(source: &str) -> Result<(), Unrendered> {
    let (mut within, mut depth, mut elifs) = (0, 0_usize, Vec::new());
    let mut begins_statement = false;
    for token in tokenize(source, false, syntax()) {
        let (token, span) = token.map_err(|error| not_understood(&error))?;
        within += 1;
        match token {
            Token::VariableStart | Token::BlockStart => within = 0,
            Token::Ident(name) if begins_statement => {
                if !STATEMENTS.contains(&name) {
                    return Err(refused(span, statement_refused(name)));
                }
                match name {
                    "if" | "for" => {
                        depth += 1;
                        elifs.push(0);
                    }
                    "elif" => {
                        depth += 1;
                        if let Some(count) = elifs.last_mut() {
                            *count += 1;
                        }
                    }
                    "endif" | "endfor" => depth = depth.saturating_sub(1 + elifs.pop().unwrap_or(0)),
                    _ => {}
                }
            }
            _ => {}
        }
        if within > MOST_TOKENS {
            return Err(refused(span, "too much stands between two braces; take it apart with {% set %}"));
        }
        if depth > DEEPEST {
            return Err(refused(
                span,
                format!(
                    "more than {DEEPEST} conditions and loops stand in each other; take some of them apart"
                ),
            ));
        }
        begins_statement = matches!(token, Token::BlockStart);
    }
    Ok(())
}

fn statement_refused(name: &str) -> String {
    match name {
        "include" | "import" | "from" | "extends" | "block" => {
            format!("{{% {name} %}} cannot be used: a template stands for itself; write its text here")
        }
        "macro" | "call" | "filter" | "with" | "do" | "autoescape" => {
            format!("{{% {name} %}} cannot be used; write what it would do where it is needed")
        }
        name => {
            let near = nearest(name, STATEMENTS.into_iter())
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            format!("{{% {} %}} is unknown{near}", name.chars().take(40).collect::<String>())
        }
    }
}

fn refused(span: Span, reason: impl Into<String>) -> Unrendered {
    Unrendered::at(usize::from(span.start_line), reason)
}

/// Goes through a parsed template.
struct Judge {
    /// Names that the template gives itself.
    assigned: BTreeSet<String>,
    /// Names that nobody knows are told to whoever can mend them; on the way they are nothing.
    care: Care,
}

impl Judge {
    fn statements(&mut self, statements: &[ast::Stmt<'_>]) -> Result<(), Unrendered> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) -> Result<(), Unrendered> {
        match statement {
            ast::Stmt::Template(template) => self.statements(&template.children),
            ast::Stmt::EmitRaw(_) => Ok(()),
            ast::Stmt::EmitExpr(shown) => self.expression(&shown.expr),
            ast::Stmt::IfCond(condition) => {
                self.expression(&condition.expr)?;
                self.statements(&condition.true_body)?;
                self.statements(&condition.false_body)
            }
            ast::Stmt::ForLoop(each) => self.each(each, each.span()),
            ast::Stmt::Set(set) => {
                self.expression(&set.expr)?;
                self.assign(&set.target)
            }
            ast::Stmt::SetBlock(set) => {
                Err(refused(set.span(), "{% set %} needs a value: write {% set name = value %}"))
            }
            _ => Err(Unrendered::whole("only {% if %}, {% for %} and {% set %} can be used")),
        }
    }

    fn each(&mut self, each: &ast::ForLoop<'_>, span: Span) -> Result<(), Unrendered> {
        if each.recursive {
            return Err(refused(span, "a loop cannot be recursive; write a loop in it"));
        }
        self.expression(&each.iter)?;
        self.assign(&each.target)?;
        if let Some(filter) = &each.filter_expr {
            self.expression(filter)?;
        }
        self.statements(&each.body)?;
        self.statements(&each.else_body)
    }

    fn assign(&mut self, target: &ast::Expr<'_>) -> Result<(), Unrendered> {
        match target {
            ast::Expr::Var(name) if variables::is_root(name.id) => {
                Err(refused(name.span(), format!("{} is a variable of ours; choose another name", name.id)))
            }
            ast::Expr::Var(name) => {
                self.assigned.insert(name.id.to_owned());
                Ok(())
            }
            ast::Expr::List(names) => names.items.iter().try_for_each(|name| self.assign(name)),
            other => Err(refused(other.span(), "what there is cannot be changed; choose a name of your own")),
        }
    }

    fn expression(&self, expression: &ast::Expr<'_>) -> Result<(), Unrendered> {
        match expression {
            ast::Expr::Const(_) => Ok(()),
            ast::Expr::Var(name) => self.variable(name.id, name.span()),
            ast::Expr::GetAttr(member) => self.member(member, member.span()),
            ast::Expr::GetItem(item) => {
                self.expression(&item.expr)?;
                self.expression(&item.subscript_expr)
            }
            ast::Expr::UnaryOp(one) => self.expression(&one.expr),
            ast::Expr::BinOp(two) => self.operation(two, two.span()),
            ast::Expr::Compare(chain) => {
                self.expression(&chain.expr)?;
                for link in &chain.ops {
                    match link.op {
                        ast::CompareOpKind::In | ast::CompareOpKind::NotIn => listed(&link.expr)?,
                        _ => self.expression(&link.expr)?,
                    }
                }
                Ok(())
            }
            ast::Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr)?;
                self.expression(&choice.true_expr)?;
                choice.false_expr.as_ref().map_or(Ok(()), |other| self.expression(other))
            }
            ast::Expr::Filter(filter) => self.filter(filter, filter.span()),
            ast::Expr::Test(test) => {
                let is_known = TESTS.contains(&test.name);
                if !is_known || !test.args.is_empty() {
                    let known = TESTS.join(", ");
                    return Err(refused(test.span(), format!("after is there may be one of: {known}")));
                }
                self.expression(&test.expr)
            }
            ast::Expr::Call(call) => self.call(call, call.span()),
            ast::Expr::List(_) | ast::Expr::Tuple(_) => listed(expression),
            ast::Expr::Map(map) => {
                Err(refused(map.span(), "{…} cannot be written in a template; leave it out"))
            }
            ast::Expr::Slice(slice) => Err(refused(
                slice.span(),
                "a part of a text is taken with |truncate(20); leave out the brackets",
            )),
        }
    }

    fn variable(&self, name: &str, span: Span) -> Result<(), Unrendered> {
        if self.care == Care::Sent
            || name == "loop"
            || self.assigned.contains(name)
            || variables::is_root(name)
        {
            return Ok(());
        }
        let mut known: Vec<&str> = variables::roots().collect();
        known.extend(self.assigned.iter().map(String::as_str));
        let advice = match nearest(name, known.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are: {}", variables::roots().collect::<Vec<_>>().join(", ")),
        };
        let name: String = name.chars().take(64).collect();
        Err(refused(span, format!("there is no variable {name}; {advice}")))
    }

    fn member(&self, member: &ast::GetAttr<'_>, span: Span) -> Result<(), Unrendered> {
        if let ast::Expr::Var(root) = &member.expr
            && self.care == Care::Saved
        {
            let known = match root.id {
                "loop" => Some(LOOP.to_vec()),
                name if self.assigned.contains(name) => None,
                name => variables::members(name),
            };
            if let Some(known) = known.filter(|known| !known.contains(&member.name)) {
                let name: String = member.name.chars().take(64).collect();
                let advice = match nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean {}.{near}?", root.id),
                    None => format!("there are: {}", known.join(", ")),
                };
                return Err(refused(span, format!("{} has no {name}; {advice}", root.id)));
            }
        }
        self.expression(&member.expr)
    }

    fn operation(&self, two: &ast::BinOp<'_>, span: Span) -> Result<(), Unrendered> {
        let instead = match two.op {
            ast::BinOpKind::Concat => "~ cannot be used; write the two one after the other: {{ a }}{{ b }}",
            ast::BinOpKind::Add => "+ cannot be used; write a|plus(b)",
            ast::BinOpKind::Mul => "* cannot be used; write a|times(b)",
            ast::BinOpKind::Pow => "** cannot be used; write a|times(a)",
            ast::BinOpKind::In => {
                self.expression(&two.left)?;
                return listed(&two.right);
            }
            _ => {
                self.expression(&two.left)?;
                return self.expression(&two.right);
            }
        };
        Err(refused(span, instead))
    }

    fn filter(&self, filter: &ast::Filter<'_>, span: Span) -> Result<(), Unrendered> {
        let names = || filters::ALL.iter().map(|filter| filter.name);
        if !names().any(|name| name == filter.name) {
            let name: String = filter.name.chars().take(64).collect();
            let advice = match nearest(&name, names()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(refused(span, format!("there is no filter {name}; {advice}")));
        }
        if let Some(value) = &filter.expr {
            self.expression(value)?;
        }
        self.arguments(&filter.args, span)
    }

    fn call(&self, call: &ast::Call<'_>, span: Span) -> Result<(), Unrendered> {
        match &call.expr {
            ast::Expr::Var(name) if name.id == "range" => self.arguments(&call.args, span),
            _ => {
                Err(refused(span, "only range(…) can be called; to change a value write a filter behind it"))
            }
        }
    }

    fn arguments(&self, arguments: &[ast::CallArg<'_>], span: Span) -> Result<(), Unrendered> {
        arguments.iter().try_for_each(|argument| match argument {
            ast::CallArg::Pos(value) => self.expression(value),
            _ => Err(refused(span, "write the values between the brackets without names and stars")),
        })
    }
}

/// A list that is written down: of plain values only, so that it cannot hold itself twice.
fn listed(list: &ast::Expr<'_>) -> Result<(), Unrendered> {
    let items = match list {
        ast::Expr::List(list) => &list.items,
        ast::Expr::Tuple(tuple) => &tuple.items,
        other => {
            return Err(refused(
                other.span(),
                "after in there must be a list like ['New', 'Open']; to look into a variable write a|contains(b)",
            ));
        }
    };
    if items.len() > MOST_LISTED {
        return Err(refused(list.span(), format!("a list may hold {MOST_LISTED} values; make it shorter")));
    }
    match items.iter().find(|item| !matches!(item, ast::Expr::Const(_))) {
        Some(item) => Err(refused(item.span(), "a list may hold texts and numbers only; leave out the rest")),
        None => Ok(()),
    }
}
