import { about, together } from './cases.ts';

const SIDE = 'must be a whole number from 1 to 8192, or a share up to 1; got';
const BOUND = 'must be a whole number from 1 to 8192; got';
const CENTRE = { x: 0.5, y: 0.5, zoom: 1 };

export const sizeCases = together(
  about(
    'w',
    [
      ['pixels', 'w=300', { size: { width: { px: 300 } } }],
      ['the smallest', 'w=1', { size: { width: { px: 1 } } }],
      ['the largest', 'w=8192', { size: { width: { px: 8192 } } }],
      ['leading zeros are plain', 'w=0300', { size: { width: { px: 300 } } }],
      ['a share', 'w=0.25', { size: { width: { share: 0.25 } } }],
      ['a share without its zero', 'w=.25', { size: { width: { share: 0.25 } } }],
      ['the point makes a one a share', 'w=1.0', { size: { width: { share: 1 } } }],
      [
        'a share of many digits is kept to six',
        'w=0.3333333333333333',
        { size: { width: { share: 0.333333 } } },
      ],
      ['by its alias', 'width=300', { size: { width: { px: 300 } } }],
      ['by its alias, base64', 'width64=MzAw', { size: { width: { px: 300 } } }],
      ['none', '', { size: { width: undefined } }],
    ],
    [
      ['a unit', 'w=12px', `w ${SIDE} "12px". Drop the unit.`],
      ['per cent', 'w=50%25', `w ${SIDE} "50%". Drop the unit.`],
      ['a unit, by the alias that was used', 'width=12px', `width ${SIDE} "12px". Drop the unit.`],
      ['nothing', 'w=0', `w ${SIDE} "0".`],
      ['no share at all', 'w=0.0', `w ${SIDE} "0.0".`],
      ['less than nothing', 'w=-5', `w ${SIDE} "-5".`],
      ['one too many', 'w=8193', `w ${SIDE} "8193".`],
      ['more than all of it', 'w=1.5', `w ${SIDE} "1.5".`],
      ['an exponent', 'w=1e3', `w ${SIDE} "1e3". Write it out in decimal digits.`],
      ['hexadecimal', 'w=0x10', `w ${SIDE} "0x10". Write it out in decimal digits.`],
      ['a plus sign, encoded', 'w=%2B10', `w ${SIDE} "+10". Leave out the plus sign.`],
      ['a plus sign as sent, which is a space', 'w=+10', `w ${SIDE} " 10". Leave out the plus sign.`],
      ['infinity', 'w=Infinity', `w ${SIDE} "Infinity".`],
      ['not a number', 'w=NaN', `w ${SIDE} "NaN".`],
      ['a word', 'w=auto', `w ${SIDE} "auto".`],
      ['no value', 'w=', `w ${SIDE} "". Give it a value, or leave it out.`],
      ['no equals sign', 'w', `w ${SIDE} "". Give it a value, or leave it out.`],
      ['a comma for the point', 'w=0,5', `w ${SIDE} "0,5".`],
      ['a point and nothing after it', 'w=5.', `w ${SIDE} "5.".`],
      ['digits of another script', 'w=%D9%A3%D9%A0', `w ${SIDE} "٣٠".`],
      ['ninety digits', `w=${'9'.repeat(90)}`, `w ${SIDE} "${'9'.repeat(64)}…".`],
    ],
  ),
  about(
    'h',
    [
      ['pixels', 'h=300', { size: { height: { px: 300 }, width: undefined } }],
      ['a share', 'h=0.5', { size: { height: { share: 0.5 } } }],
      ['by its alias', 'height=300', { size: { height: { px: 300 } } }],
    ],
    [
      ['nothing', 'h=0', `h ${SIDE} "0".`],
      ['a fraction of a pixel', 'h=100.5', `h ${SIDE} "100.5".`],
      ['by its alias', 'height=tall', `height ${SIDE} "tall".`],
    ],
  ),
  about(
    'fit',
    [
      ['clip where it is not given', '', { size: { fit: ['clip'] } }],
      ['clip spelled out', 'fit=clip', { size: { fit: ['clip'] } }],
      ['max', 'fit=max', { size: { fit: ['max'] } }],
      ['crop', 'fit=crop', { size: { fit: ['crop'] } }],
      ['min', 'fit=min', { size: { fit: ['min'] } }],
      ['scale', 'fit=scale', { size: { fit: ['scale'] } }],
      ['fill', 'fit=fill', { size: { fit: ['fill'] } }],
      ['fillmax', 'fit=fillmax', { size: { fit: ['fillmax'] } }],
      ['clamp', 'fit=clamp', { size: { fit: ['clamp'] } }],
      ['faces, with something to fall back to', 'fit=facearea,fill', { size: { fit: ['facearea', 'fill'] } }],
      ['what is never reached is left out', 'fit=facearea,crop,max', { size: { fit: ['facearea', 'crop'] } }],
    ],
    [
      [
        'a word of CSS',
        'fit=cover',
        'fit must be a list of any of clip, max, crop, min, scale, fill, fillmax, clamp or facearea, separated by commas; got "cover".',
      ],
      ['a slip', 'fit=corp', 'got "corp". Did you mean crop?'],
      ['capitals', 'fit=CROP', 'got "CROP". Did you mean crop?'],
      ['a slip in a list', 'fit=facearea,fil', 'got "facearea,fil". Did you mean fill?'],
      ['an empty place in a list', 'fit=facearea,', 'got "facearea,".'],
    ],
  ),
  ...(['w', 'h'] as const).flatMap((side) => {
    const [least, most] =
      side === 'w' ? (['minWidth', 'maxWidth'] as const) : (['minHeight', 'maxHeight'] as const);
    return [
      about(
        `min-${side}`,
        [
          ['with fit=crop', `fit=crop&min-${side}=200`, { size: { [least]: 200 } }],
          ['ignored with another fit', `fit=fill&min-${side}=200`, { size: { [least]: undefined } }],
          [
            'as large as the most',
            `fit=crop&min-${side}=200&max-${side}=200`,
            { size: { [least]: 200, [most]: 200 } },
          ],
        ],
        [
          ['a share', `min-${side}=0.5`, `min-${side} ${BOUND} "0.5".`],
          ['nothing', `fit=crop&min-${side}=0`, `min-${side} ${BOUND} "0".`],
          [
            'larger than the most',
            `fit=crop&min-${side}=300&max-${side}=200`,
            `min-${side} must not be larger than max-${side}; got 300 and 200.`,
          ],
        ],
      ),
      about(
        `max-${side}`,
        [
          ['with fit=crop', `fit=crop&max-${side}=200`, { size: { [most]: 200 } }],
          ['ignored without a fit', `max-${side}=200`, { size: { [most]: undefined } }],
        ],
        [['one too many', `max-${side}=8193`, `max-${side} ${BOUND} "8193".`]],
      ),
    ];
  }),
  about(
    'dpr',
    [
      ['twice', 'w=100&dpr=2', { size: { dpr: 2 } }],
      ['a fraction', 'h=100&dpr=1.5', { size: { dpr: 1.5 } }],
      ['the most', 'w=100&dpr=5', { size: { dpr: 5 } }],
      ['less than one', 'w=100&dpr=0.75', { size: { dpr: 0.75 } }],
      ['once is none', 'w=100&dpr=1', { size: { dpr: undefined } }],
      ['once, whatever the client says', 'w=100&dpr=1&ch=DPR', { size: { dpr: 1 } }],
      ['ignored without a side', 'dpr=2', { size: { dpr: undefined } }],
      ['kept where a client hint may give the width', 'ch=Width&dpr=2', { size: { dpr: 2 } }],
    ],
    [
      ['nothing', 'w=100&dpr=0', 'dpr must be a number above 0, up to 5; got "0".'],
      ['too many', 'w=100&dpr=5.1', 'dpr must be a number above 0, up to 5; got "5.1".'],
      ['a unit', 'w=100&dpr=2x', 'got "2x". Drop the unit.'],
      ['bad even where it is ignored', 'dpr=many', 'got "many".'],
    ],
  ),
  about(
    'ar',
    [
      ['whole numbers', 'fit=crop&ar=16:9', { size: { aspectRatio: 16 / 9 } }],
      ['decimals', 'fit=fill&ar=1.91:1', { size: { aspectRatio: 1.91 } }],
      ['the same in other numbers', 'fit=crop&ar=1920:1080', { size: { aspectRatio: 16 / 9 } }],
      ['in a list of fits', 'fit=facearea,crop&ar=2:1', { size: { aspectRatio: 2 } }],
      ['ignored with another fit', 'fit=max&ar=2:1', { size: { aspectRatio: undefined } }],
      ['ignored without a fit', 'ar=2:1', { size: { aspectRatio: undefined } }],
    ],
    [
      ['one number', 'fit=crop&ar=1.5', 'ar must be two numbers as width:height, such as 16:9'],
      ['a slash', 'fit=crop&ar=16/9', 'got "16/9".'],
      ['three numbers', 'fit=crop&ar=16:9:4', 'got "16:9:4".'],
      ['nothing wide', 'fit=crop&ar=0:9', 'got "0:9".'],
      ['less than nothing', 'fit=crop&ar=-16:-9', 'got "-16:-9".'],
      ['no height', 'fit=crop&ar=16:', 'got "16:".'],
      ['a needle', 'fit=crop&ar=1:5000', 'not more than 1000 times as wide as high'],
    ],
  ),
  about(
    'fill',
    [
      ['solid where it is not given', 'fit=fill', { size: { fill: 'solid' } }],
      ['blur', 'fit=fill&fill=blur', { size: { fill: 'blur' } }],
      ['blur in fillmax', 'fit=fillmax&fill=blur', { size: { fill: 'blur' } }],
      ['ignored with another fit', 'fit=crop&fill=blur', { size: { fill: 'solid' } }],
    ],
    [['one that is not here', 'fit=fill&fill=gen', 'fill must be one of solid or blur; got "gen".']],
  ),
  about(
    'fill-color',
    [
      ['a name', 'fit=fill&fill-color=teal', { size: { fillColor: '#008080' } }],
      ['white is what it is anyway', 'fit=fill&fill-color=fff', { size: { fillColor: undefined } }],
      ['the background where it is not given', 'fit=fill&bg=teal', { size: { fillColor: '#008080' } }],
      ['before the background', 'fit=fill&bg=teal&fill-color=red', { size: { fillColor: '#ff0000' } }],
      [
        'white on another background',
        'fit=fill&bg=teal&fill-color=white',
        { size: { fillColor: '#ffffff' } },
      ],
      [
        'ignored where it is blurred',
        'fit=fill&fill=blur&fill-color=red',
        { size: { fillColor: undefined } },
      ],
      ['ignored with another fit', 'fit=clamp&fill-color=red', { size: { fillColor: undefined } }],
    ],
    [
      [
        'no colour',
        'fit=fill&fill-color=reddish',
        'fill-color must be a colour: 3, 6, 4 or 8 hexadecimal digits (rgb, rrggbb, argb, aarrggbb) or a name of CSS; got "reddish".',
      ],
    ],
  ),
  about(
    'crop',
    [
      ['the centre where it is not given', 'fit=crop', { size: { crop: [] } }],
      ['an edge', 'fit=crop&crop=top', { size: { crop: ['top'] } }],
      ['a corner', 'fit=crop&crop=top,left', { size: { crop: ['top', 'left'] } }],
      ['a corner the other way round', 'fit=crop&crop=left,top', { size: { crop: ['top', 'left'] } }],
      [
        'after two of one direction the second is never reached',
        'fit=crop&crop=top,bottom',
        { size: { crop: ['top'] } },
      ],
      ['after an edge nothing else is reached', 'fit=crop&crop=right,entropy', { size: { crop: ['right'] } }],
      ['a list', 'fit=crop&crop=faces,entropy', { size: { crop: ['faces', 'entropy'] } }],
      [
        'faces, else a corner',
        'fit=crop&crop=faces,right,bottom',
        { size: { crop: ['faces', 'bottom', 'right'] } },
      ],
      ['the same twice', 'fit=crop&crop=edges,edges', { size: { crop: ['edges'] } }],
      ['a space after the comma', 'fit=crop&crop=top,+left', { size: { crop: ['top', 'left'] } }],
      ['with fit=min', 'fit=min&crop=bottom', { size: { crop: ['bottom'] } }],
      ['ignored with a fit that cuts nothing', 'fit=clip&crop=bottom', { size: { crop: [] } }],
    ],
    [
      [
        'a word of other grammars',
        'fit=crop&crop=center',
        'crop must be a list of any of top, bottom, left, right, faces, entropy, edges or focalpoint, separated by commas; got "center".',
      ],
      ['a slip', 'fit=crop&crop=focalpoints', 'Did you mean focalpoint?'],
      ['no value', 'fit=crop&crop=', 'got "". Give it a value, or leave it out.'],
    ],
  ),
  about(
    'fp-x',
    [
      [
        'a share',
        'fit=crop&crop=focalpoint&fp-x=0.25',
        { size: { focalPoint: { x: 0.25, y: 0.5, zoom: 1 } } },
      ],
      [
        'the left edge',
        'fit=crop&crop=focalpoint&fp-x=0',
        { size: { focalPoint: { x: 0, y: 0.5, zoom: 1 } } },
      ],
      [
        'the right edge',
        'fit=crop&crop=focalpoint&fp-x=1',
        { size: { focalPoint: { x: 1, y: 0.5, zoom: 1 } } },
      ],
      [
        'less than nothing of nothing',
        'fit=crop&crop=focalpoint&fp-x=-0',
        { size: { focalPoint: { x: 0, y: 0.5, zoom: 1 } } },
      ],
      ['ignored without crop=focalpoint', 'fit=crop&fp-x=0.25', { size: { focalPoint: CENTRE } }],
    ],
    [
      ['pixels', 'fp-x=200', 'fp-x must be a number from 0 to 1; got "200".'],
      ['outside', 'fp-x=-0.1', 'fp-x must be a number from 0 to 1; got "-0.1".'],
    ],
  ),
  about(
    'fp-y',
    [['a share', 'fit=crop&crop=focalpoint&fp-y=0.9', { size: { focalPoint: { x: 0.5, y: 0.9, zoom: 1 } } }]],
    [['per cent', 'fp-y=90%25', 'fp-y must be a number from 0 to 1; got "90%". Drop the unit.']],
  ),
  about(
    'fp-z',
    [
      ['a factor', 'fit=crop&crop=focalpoint&fp-z=2.5', { size: { focalPoint: { ...CENTRE, zoom: 2.5 } } }],
      ['the most', 'fit=crop&crop=focalpoint&fp-z=100', { size: { focalPoint: { ...CENTRE, zoom: 100 } } }],
    ],
    [
      ['out instead of in', 'fp-z=0.5', 'fp-z must be a number from 1 to 100; got "0.5".'],
      ['too close', 'fp-z=101', 'fp-z must be a number from 1 to 100; got "101".'],
    ],
  ),
);
