/** A renderer that dies before it is ready, for the tests of the pool. */
process.stderr.write('no libvips here\n');
process.exit(1);
