import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from './did-you-mean.ts';

const verbs = ['serve', 'process', 'upload', 'ls', 'show', 'get', 'rm', 'dead-letters', 'sweep', 'verify'];

describe('didYouMean', () => {
  it.each([
    ['porcess', 'process'],
    ['uplaod', 'upload'],
    ['serv', 'serve'],
    ['Verify', 'verify'],
    ['deadletters', 'dead-letters'],
    ['l', 'ls'],
  ])('%s is probably %s', (typed, meant) => {
    expect(didYouMean(typed, verbs)).toBe(meant);
  });

  it.each(['kubernetes', 'xyz', ''])('%j is like none of them', (typed) => {
    expect(didYouMean(typed, verbs)).toBeUndefined();
  });
});

it.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['ab', 'ba', 1],
  ['same', 'same', 0],
])('editDistance(%j, %j) is %d', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});
