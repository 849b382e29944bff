import { about, together } from './cases.ts';

export const facesCases = together(
  about(
    'faceindex',
    [
      [
        'with something to fall back to',
        'fit=facearea,crop&faceindex=2',
        { size: { fit: ['facearea', 'crop'] } },
      ],
    ],
    [['they count from 1', 'faceindex=0', 'faceindex must be a whole number from 1 to 100; got "0".']],
  ),
  about(
    'facepad',
    [['ignored without fit=facearea', 'facepad=2.5', { size: { fit: ['clip'] } }]],
    [['too much', 'facepad=11', 'facepad must be a number from 1 to 10; got "11".']],
  ),
  about(
    'face-blur',
    [['0 is none', 'face-blur=0', { look: {} }]],
    [['too much', 'face-blur=101', 'face-blur must be a whole number from 0 to 100; got "101".']],
  ),
  about(
    'face-pixel',
    [['0 is none', 'face-pixel=0', { look: {} }]],
    [['a word', 'face-pixel=on', 'face-pixel must be a whole number from 0 to 100; got "on".']],
  ),
);
