// The door of the npm scripts. It runs on a fresh clone, before anything is installed, and on a Node that is too old to
// run the rest: so it is plain, and loads the rest only afterwards.
var oldest = [20, 19];
var found = process.versions.node.split('.').map(Number);
if (found[0] < oldest[0] || (found[0] === oldest[0] && found[1] < oldest[1])) {
  console.error(
    'Heddle needs Node ' +
      oldest.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '.\n' +
      '  - install a newer one with your version manager, for example: nvm install 22\n' +
      '  - or without one: npx --package node@22 -- npm start',
  );
  process.exit(1);
}
import('./bootstrap/main.mjs').then(function (module) {
  return module.main(process.argv.slice(2));
});
