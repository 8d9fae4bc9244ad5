using CsAligner.Testing;

namespace CsAligner.Mpi.Tests;

/// <summary>Over a network, near and far: as on one machine.</summary>
public sealed class MachinesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, bool> Networks
    {
        get
        {
            var networks = new TheoryData<string, bool>();
            foreach (string launcher in (string[])["mpirun.openmpi", "mpirun.mpich"])
                foreach (bool far in (bool[])[false, true]) networks.Add(launcher, far);
            return networks;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void AlignEndsWhereOneProcessDoes(string launcher, bool far)
    {
        MpiRun.Require(launcher);
        var sets = new SmallSets(_folder);
        Assert.Equal(0, SmallSets.Alone(sets.Align("alone")).ExitCode);
        using var machines = Machines.Make(_folder, far);
        using var run = machines.Run(launcher, MpiRun.Program("csalign", sets.Align("shared")));
        Assert.True(run.ExitCode == 0, run.Error);
        SmallSets.Near(_folder["alone"], _folder["shared"]);

        // What the others had came over the network: 4 epochs of 1,170 pairs of two sides, and what their gradients need.
        Assert.All([1, 2, 3], machine => Assert.True(machines.Received(machine) > 500_000));
    }
}
