using System.Globalization;

namespace CsAligner.Mpi;

/// <summary>What the environment says of a process that <c>mpirun</c>, <c>mpiexec</c> or <c>srun</c> has started.</summary>
/// <param name="Launcher">Who started it: "Open MPI's mpirun".</param>
/// <param name="Rank">Its place, from 0.</param>
/// <param name="Size">How many were started.</param>
public sealed record MpiLaunch(string Launcher, int Rank, int Size)
{
    private static readonly (string Launcher, string Rank, string[] Size)[] Known =
    [
        (OpenMpi, "OMPI_COMM_WORLD_RANK", ["OMPI_COMM_WORLD_SIZE"]),
        ("mpiexec (PMI)", "PMI_RANK", ["PMI_SIZE"]),
        ("srun (PMIx)", "PMIX_RANK", ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"]),
    ];

    private const string OpenMpi = "Open MPI's mpirun";

    /// <summary>Whether Open MPI's own launcher started the process: then only its library finds the others.</summary>
    internal bool IsOpenMpi => Launcher == OpenMpi;

    /// <summary>Reads the environment; null for a process that was started by itself.</summary>
    /// <param name="environment">Reads a variable; null for the environment of this process.</param>
    public static MpiLaunch? Detect(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        foreach (var (launcher, rankName, sizeNames) in Known)
        {
            if (Number(environment(rankName)) is not { } rank) continue;
            foreach (string name in sizeNames)
                if (Number(environment(name)) is { } size && rank < size) return new MpiLaunch(launcher, rank, size);
        }

        return null;
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
