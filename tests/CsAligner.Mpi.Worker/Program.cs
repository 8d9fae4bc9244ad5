using CsAligner.Mpi;
using CsAligner.Mpi.Worker;
using CsAligner.Tensors;

// One rank of a test: WORK [ARGUMENTS]. What it finds goes to stdout, a failure to stderr in one line.
if (args.Length == 0 || MpiLaunch.Detect() is not { } launch)
{
    await Console.Error.WriteLineAsync("start it with mpirun, and name the work");
    return 2;
}

try
{
    using var ranks = Communicator.Open(launch);
    switch (args[0])
    {
        case "collectives":
            Collectives.Run(ranks);
            break;
        case "loss":
            Losses.Run(ranks);
            break;
        default:
            throw new InputException($"there is no work '{args[0]}'");
    }

    return 0;
}
catch (InputException failure)
{
    await Console.Error.WriteLineAsync($"rank {launch.Rank}: {failure.Message}");
    return 1;
}
