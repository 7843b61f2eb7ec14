// Every figure, one section after the other. Figures, not pass or fail; they mean something only on a quiet machine.
//
//   deno task bench                 all
//   deno task bench core            one section: core, page, tcp
//   deno task bench tcp --with-etcd the real etcd beside it, as a ratio

const SECTIONS: Readonly<Record<string, string>> = {
  core: "tests/bench/core_bench.ts",
  page: "tests/bench/page_bench.ts",
  tcp: "tests/bench/tcp_bench.ts",
};

const named = Deno.args.filter((argument) => argument in SECTIONS);
const options = Deno.args.filter((argument) => !(argument in SECTIONS));
for (const name of named.length > 0 ? named : Object.keys(SECTIONS)) {
  console.log(`\n── ${name}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SECTIONS[name]!, ...options],
    stdin: "null",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
