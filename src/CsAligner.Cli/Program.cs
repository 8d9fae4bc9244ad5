using System.Runtime.InteropServices;
using CsAligner.Cli;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Server.Pictures;

if (PictureWorker.TryRun(args)) return ExitCode.Done;

var ranks = RankProcess.Detect();
using var stop = new CancellationTokenSource();

// The first Ctrl-C asks the verb to stop at a safe point; the second is left to the system, which ends the process.
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, received =>
{
    received.Cancel = true;
    stop.Cancel();
});

return await CommandLine.RunAsync(args, ranks?.Terminal ?? Terminal.ForProcess(), stop.Token, ranks);
