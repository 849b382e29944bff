import { Failure } from '../../failures.ts';
import { decimal, whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import type { SizeGiven } from './size.ts';

const FALLS_BACK = 'what `fit=crop` answers, until faces are analysed';
const AS_IT_IS = 'the picture as it is; more than 0 is `analysis_off`';

/** Parameters that need to know where the faces are. They are read and checked, but nothing finds faces here. */
export const facesParameters = {
  faceindex: parameter({
    group: 'Faces',
    syntax: '{number}',
    kind: whole(1, 100),
    meaning: 'With `fit=facearea`: which face, from 1; all of them where it is not given.',
    example: { query: 'w=200&h=200&fit=facearea,crop&faceindex=1', answers: FALLS_BACK },
  }),
  facepad: parameter({
    group: 'Faces',
    syntax: '{factor}',
    kind: decimal(1, 10),
    meaning: 'With `fit=facearea`: how much around the face is kept.',
    example: { query: 'w=200&h=200&fit=facearea,crop&facepad=3', answers: FALLS_BACK },
    neutral: 1,
  }),
  'face-blur': parameter({
    group: 'Faces',
    syntax: '{amount}',
    kind: whole(0, 100),
    meaning: 'Blurs faces.',
    example: { query: 'w=240&face-blur=0', answers: AS_IT_IS },
    neutral: 0,
  }),
  'face-pixel': parameter({
    group: 'Faces',
    syntax: '{amount}',
    kind: whole(0, 100),
    meaning: 'Makes squares of faces.',
    example: { query: 'w=240&face-pixel=0', answers: AS_IT_IS },
    neutral: 0,
  }),
};

type FacesGiven = Given<typeof facesParameters>;

/** @throws Failure `analysis_off` where a request can only be answered by knowing where the faces are */
export function refuseFaces(given: FacesGiven & Pick<SizeGiven, 'fit' | 'crop'>): void {
  if (given.fit?.every((fit) => fit === 'facearea')) {
    throw analysisOff('fit', 'Name a fit to fall back to, as in fit=facearea,crop, or another one.');
  }
  if (given.crop?.every((mode) => mode === 'faces')) {
    throw analysisOff('crop', 'Name a mode to fall back to, as in crop=faces,entropy, or another one.');
  }
  for (const name of ['face-blur', 'face-pixel'] as const) {
    if (given[name] !== undefined) throw analysisOff(name, 'Leave it out.');
  }
}

function analysisOff(parameter: string, mend: string): Failure {
  return new Failure(
    'analysis_off',
    `${parameter} asks where the faces are, and faces are not analysed here. ${mend}`,
    { extra: { parameter } },
  );
}
