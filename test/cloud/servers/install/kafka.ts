import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from './install-once.ts';
import { runTool } from './run-tool.ts';

const KAFKA = '4.3.1';
const SLF4J = '1.7.36';

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>darkroom.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J}</version></dependency>
  </dependencies>
</project>
`;

/** A Kafka broker from Maven Central. `--strict-checksums`: a jar that differs from its published checksum fails the install. */
export const kafka: Recipe = {
  name: 'kafka',
  pin: `kafka ${KAFKA} slf4j-simple ${SLF4J}`,
  tools: ['mvn', 'java'],
  runsOn: ['java'],
  async build(folder) {
    const file = join(folder, 'pom.xml');
    await writeFile(file, pom);
    await runTool({
      command: 'mvn',
      args: [
        '--batch-mode',
        '--quiet',
        '--strict-checksums',
        '-f',
        file,
        'dependency:copy-dependencies',
        `-DoutputDirectory=${join(folder, 'lib')}`,
      ],
    });
  },
};

/** What `java -cp` takes. */
export function kafkaClassPath(folder: string): string {
  return join(folder, 'lib', '*');
}
