import { type PipelineDocument, parsePipeline } from './document.ts';

/** What happens to an image whose sender names no pipeline. */
export const defaultPipeline: PipelineDocument = parsePipeline({
  name: 'default',
  description: 'Three sizes for the web as WebP and JPEG; AVIF when it is first asked for.',
  steps: [
    { step: 'validate' },
    { step: 'orient' },
    {
      step: 'resize',
      variants: [
        { name: 'thumbnail', width: 256, height: 256 },
        { name: 'medium', width: 800, height: 800 },
        { name: 'large', width: 1600, height: 1600 },
      ],
    },
    {
      step: 'convert',
      outputs: [
        { format: 'webp', quality: 80, effort: 4 },
        { format: 'jpeg', quality: 80 },
        { format: 'avif', quality: 55, effort: 2, when: 'first_request' },
      ],
    },
    { step: 'metadata', keep: ['profile'] },
    { step: 'placeholder' },
    { step: 'notify' },
  ],
});
