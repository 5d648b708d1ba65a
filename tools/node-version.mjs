const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `Node 24 expected, found ${process.versions.node}: run \`npm ci\` without --ignore-scripts, then npm scripts find it.`,
  );
  process.exit(1);
}
