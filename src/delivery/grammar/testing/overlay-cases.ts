import { about, together } from './cases.ts';

const BOTTOM_RIGHT = { x: 'right', y: 'bottom' } as const;
const ID = '0199c1f6-5d3e-7a10-9c4e-2f6d8b1a7c55';
const ALIGN =
  'must be one of top, middle or bottom, one of left, center or right, or one of each by comma; got';

export const overlayCases = together(
  about(
    'mark',
    [
      ['none', '', { mark: undefined }],
      [
        'an id, and everything as usual',
        `mark=${ID}`,
        {
          mark: { image: ID, align: BOTTOM_RIGHT, alpha: 100, fit: 'clip', pad: 5, width: undefined },
        },
      ],
      ['base64', 'mark64=bG9nby5wbmc', { mark: { image: 'logo.png' } }],
      ['a path', `mark=/i/${ID}/logo.png`, { mark: { image: ID } }],
      ['a path without a name', `mark=%2Fi%2F${ID}`, { mark: { image: ID } }],
      ['a path as clients shorten it', `mark=i/${ID}/a%20b.png`, { mark: { image: ID } }],
    ],
    [
      [
        'a URL',
        'mark=https://example.com/a.png',
        'mark must be the id of an image of yours or its path, /i/{image_id}/{any-name}, at most 255 characters; got "https://example.com/a.png". No URL is fetched: upload the image and give its id.',
      ],
      ['a URL of no scheme', 'mark=//example.com/a.png', 'No URL is fetched'],
      ['a file', 'mark=file:/etc/passwd', 'No URL is fetched'],
      ['256 characters', `mark=${'a'.repeat(256)}`, 'at most 255 characters'],
      ['no value', 'mark=', 'Give it a value, or leave it out.'],
    ],
  ),
  about(
    'mark-align',
    [
      ['a corner', 'mark=a&mark-align=top,left', { mark: { align: { x: 'left', y: 'top' } } }],
      ['the other way round', 'mark=a&mark-align=left,top', { mark: { align: { x: 'left', y: 'top' } } }],
      ['one direction', 'mark=a&mark-align=center', { mark: { align: { x: 'center', y: 'bottom' } } }],
      ['the middle', 'mark=a&mark-align=middle,center', { mark: { align: { x: 'center', y: 'middle' } } }],
    ],
    [
      ['two of one direction', 'mark=a&mark-align=top,bottom', `mark-align ${ALIGN} "top,bottom".`],
      ['the same twice', 'mark=a&mark-align=top,top', `mark-align ${ALIGN} "top,top".`],
      ['three', 'mark=a&mark-align=top,left,right', 'got "top,left,right".'],
    ],
  ),
  about(
    'mark-alpha',
    [['half', 'mark=a&mark-alpha=50', { mark: { alpha: 50 } }]],
    [['too much', 'mark=a&mark-alpha=101', 'mark-alpha must be a whole number from 0 to 100; got "101".']],
  ),
  about(
    'mark-w',
    [
      ['pixels', 'mark=a&mark-w=80', { mark: { width: { px: 80 } } }],
      ['a share', 'mark=a&mark-w=0.2', { mark: { width: { share: 0.2 } } }],
    ],
    [
      [
        'nothing',
        'mark=a&mark-w=0',
        'mark-w must be a whole number from 1 to 8192, or a share up to 1; got "0".',
      ],
    ],
  ),
  about(
    'mark-h',
    [['a share', 'mark=a&mark-h=0.2', { mark: { height: { share: 0.2 } } }]],
    [['per cent', 'mark=a&mark-h=20%25', 'Drop the unit.']],
  ),
  about(
    'mark-scale',
    [['per cent', 'mark=a&mark-scale=30', { mark: { scale: 30 } }]],
    [['too much', 'mark=a&mark-scale=101', 'mark-scale must be a whole number from 0 to 100; got "101".']],
  ),
  about(
    'mark-fit',
    [['crop', 'mark=a&mark-fit=crop', { mark: { fit: 'crop' } }]],
    [
      [
        'another',
        'mark=a&mark-fit=clamp',
        'mark-fit must be one of clip, crop, fill, max or scale; got "clamp".',
      ],
    ],
  ),
  about(
    'mark-pad',
    [
      ['pixels', 'mark=a&mark-pad=20', { mark: { pad: 20 } }],
      ['none', 'mark=a&mark-pad=0', { mark: { pad: 0 } }],
    ],
    [['outwards', 'mark=a&mark-pad=-1', 'mark-pad must be a whole number from 0 to 8192; got "-1".']],
  ),
  about(
    'mark-x',
    [
      ['pixels', 'mark=a&mark-x=20', { mark: { x: 20 } }],
      ['the left edge', 'mark=a&mark-x=0', { mark: { x: 0 } }],
    ],
    [['a share', 'mark=a&mark-x=0.5', 'mark-x must be a whole number from 0 to 8192; got "0.5".']],
  ),
  about(
    'mark-y',
    [['pixels', 'mark=a&mark-y=20', { mark: { y: 20 } }]],
    [['a word', 'mark=a&mark-y=top', 'mark-y must be a whole number from 0 to 8192; got "top".']],
  ),
  about(
    'mark-rot',
    [
      ['degrees', 'mark=a&mark-rot=45.5', { mark: { rot: 45.5 } }],
      ['0 is none', 'mark=a&mark-rot=0', { mark: { rot: undefined } }],
    ],
    [['further', 'mark=a&mark-rot=360', 'mark-rot must be a number from 0 to 359; got "360".']],
  ),
  about(
    'mark-tile',
    [['grid', 'mark=a&mark-tile=grid', { mark: { tile: 'grid' } }]],
    [['another', 'mark=a&mark-tile=brick', 'mark-tile must be grid; got "brick".']],
  ),
  about(
    'txt',
    [
      ['none', '', { text: undefined }],
      ['nothing is none', 'txt=&txt-size=20', { text: undefined }],
      [
        'a text, and everything as usual',
        'txt=Hello%2C+World!',
        {
          text: {
            text: 'Hello, World!',
            font: 'Inter SemiBold',
            size: 12,
            color: '#000000',
            align: BOTTOM_RIGHT,
            pad: 10,
            shadow: 0,
            fit: undefined,
          },
        },
      ],
      ['base64', 'txt64=SGVsbG8sIFdvcmxkIQ', { text: { text: 'Hello, World!' } }],
      ['another script, base64', 'txt64=5L2g5aW9', { text: { text: '你好' } }],
      ['a plus sign, encoded', 'txt=1%2B1', { text: { text: '1+1' } }],
      ['decoded once', 'txt=100%2525', { text: { text: '100%25' } }],
      ['markup is text', 'txt=%3Cb%3E%26', { text: { text: '<b>&' } }],
      ['a line break', 'txt=a%0D%0Ab', { text: { text: 'a\nb' } }],
      [
        '500 characters of four bytes',
        `txt=${'%F0%9F%98%80'.repeat(500)}`,
        { text: { text: '😀'.repeat(500) } },
      ],
    ],
    [
      [
        '501 characters',
        `txt=${'a'.repeat(501)}`,
        'txt must be text of at most 500 characters, without control characters',
      ],
      ['how long it was', `txt=${'a'.repeat(501)}`, 'It has 501.'],
      ['a null', 'txt=a%00b', 'without control characters'],
      ['an escape', 'txt=%1B%5B31m', 'without control characters'],
      ['half an encoding', 'txt=100%', 'txt must be percent-encoded UTF-8; got "100%".'],
      ['bytes that are not UTF-8', 'txt=%ff', 'txt must be percent-encoded UTF-8; got "%ff".'],
      [
        'base64 with padding',
        'txt64=SGVsbG8=',
        'txt64 must be UTF-8 text in base64url without padding; got "SGVsbG8=".',
      ],
      ['base64 of the other alphabet', 'txt64=5L2g5aW9/w', 'txt64 must be UTF-8 text in base64url'],
      ['base64 that no encoder writes', 'txt64=SGVsbG9', 'txt64 must be UTF-8 text in base64url'],
      ['base64 of one character', 'txt64=S', 'txt64 must be UTF-8 text in base64url'],
      ['base64 of bytes that are not UTF-8', 'txt64=_w', 'txt64 must be UTF-8 text in base64url'],
    ],
  ),
  about(
    'txt-font',
    [
      ['in general', 'txt=a&txt-font=sans-serif', { text: { font: 'Inter SemiBold' } }],
      ['by name', 'txt=a&txt-font=Inter+SemiBold', { text: { font: 'Inter SemiBold' } }],
    ],
    [
      ['one that does not ship', 'txt=a&txt-font=Avenir-Black', 'txt-font must be one of'],
      ['a slip', 'txt=a&txt-font=intr', 'Did you mean inter?'],
    ],
  ),
  about(
    'txt-size',
    [['pixels', 'txt=a&txt-size=62', { text: { size: 62 } }]],
    [
      ['nothing', 'txt=a&txt-size=0', 'txt-size must be a whole number from 1 to 1000; got "0".'],
      ['a unit', 'txt=a&txt-size=12pt', 'Drop the unit.'],
    ],
  ),
  about(
    'txt-color',
    [['opacity first', 'txt=a&txt-color=ff2e4357', { text: { color: '#2e4357' } }]],
    [['no colour', 'txt=a&txt-color=ink', 'txt-color must be a colour']],
  ),
  about(
    'txt-align',
    [['the middle', 'txt=a&txt-align=middle,center', { text: { align: { x: 'center', y: 'middle' } } }]],
    [['another', 'txt=a&txt-align=justify', `txt-align ${ALIGN} "justify".`]],
  ),
  about(
    'txt-pad',
    [['pixels', 'txt=a&txt-pad=0', { text: { pad: 0 } }]],
    [['too much', 'txt=a&txt-pad=8193', 'txt-pad must be a whole number from 0 to 8192; got "8193".']],
  ),
  about(
    'txt-fit',
    [['max', 'txt=a&txt-fit=max', { text: { fit: 'max' } }]],
    [['another', 'txt=a&txt-fit=min', 'txt-fit must be max; got "min".']],
  ),
  about(
    'txt-width',
    [
      ['pixels', 'txt=a&txt-width=200', { text: { width: { px: 200 } } }],
      ['a share', 'txt=a&txt-width=0.8', { text: { width: { share: 0.8 } } }],
    ],
    [
      [
        'nothing',
        'txt=a&txt-width=0',
        'txt-width must be a whole number from 1 to 8192, or a share up to 1; got "0".',
      ],
    ],
  ),
  about(
    'txt-shad',
    [['strength', 'txt=a&txt-shad=2.5', { text: { shadow: 2.5 } }]],
    [['too strong', 'txt=a&txt-shad=11', 'txt-shad must be a number from 0 to 10; got "11".']],
  ),
);
