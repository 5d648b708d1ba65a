import type { Command } from 'commander';
import { composeDoctor } from '../../lib/compose-doctor.ts';
import type { Finding } from '../../lib/doctor/finding.ts';
import { examine } from '../../lib/flows/examine.ts';
import { clientOptionsOf } from '../account.ts';
import { askedRoles } from '../asked-roles.ts';
import { type ClusterOptions, clusterCommand, openCluster } from '../context.ts';
import { doctorText } from '../doctor-text.ts';
import { reporting } from '../failure.ts';
import { print, terminalWidth } from '../print.ts';

const needsWork = ({ severity }: Finding): boolean => severity !== 'note';

export const doctorCommand = (): Command =>
  clusterCommand(
    'doctor',
    'look for what stands in Berth’s way in a cluster, with a remedy for each; changes nothing',
    ['doctor --cluster production', 'doctor --cluster production --json'],
  )
    .addHelpText('after', '\nHere exit code 1 means that there is an error or a warning; notes alone are 0.')
    .action(
      reporting(async (options: ClusterOptions) => {
        const context = await openCluster(options);
        const { cluster, place, reading } = context;
        const findings = await examine(cluster, {
          ...reading,
          doctor: composeDoctor(clientOptionsOf(options)),
          shipped: askedRoles(reading.settings, place.region),
        });
        context.endProgress();
        print(options.json, { cluster, region: place.region, findings }, () =>
          doctorText(`${cluster} (${place.region})`, findings, terminalWidth()),
        );
        process.exitCode = findings.some(needsWork) ? 1 : 0;
      }),
    );
