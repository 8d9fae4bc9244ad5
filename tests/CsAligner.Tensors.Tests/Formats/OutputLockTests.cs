using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tensors.Tests.Formats;

public sealed class OutputLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_held_once_whatever_path_leads_there()
    {
        Directory.CreateDirectory(_folder["out"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["out"]);
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder["out"]);
        using (OutputLock.OfFolder(_folder["out"]))
        {
            foreach (string path in (string[])[_folder["out"], _folder["out"] + "/", _folder["link"], _folder["link/../out/."], relative])
                Assert.Contains($"process {Environment.ProcessId}, since ", Refused(() => OutputLock.OfFolder(path)),
                    StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
        OutputLock.OfFolder(_folder["link"]).Dispose();
    }

    [Fact]
    public void A_folder_that_was_made_for_nothing_goes_and_one_with_files_stays()
    {
        OutputLock.OfFolder(_folder["empty"]).Dispose();
        Assert.False(Directory.Exists(_folder["empty"]));
        using (OutputLock.OfFolder(_folder["out"])) File.WriteAllText(_folder["out/a"], "a");
        Assert.Equal([_folder["out/a"]], Directory.GetFileSystemEntries(_folder["out"]));
        Directory.CreateDirectory(_folder["there"]);
        OutputLock.OfFolder(_folder["there"]).Dispose();
        Assert.True(Directory.Exists(_folder["there"]));
    }

    [Fact]
    public void What_a_killed_run_left_hinders_nobody()
    {
        Directory.CreateDirectory(_folder["out"]);
        foreach (string name in (string[])[OutputLock.FileName, ".csalign.share-1-of-2.lock", ".csalign.share-1-of-3.lock"])
            File.WriteAllText(_folder["out/" + name], new string('x', 77));
        OutputLock.OfShare(_folder["out"], 2, 2).Dispose();
        OutputLock.OfFolder(_folder["out"]).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public void A_file_is_held_apart_from_others_and_by_what_a_link_points_to()
    {
        _folder.Write("a.npy", [1]);
        File.CreateSymbolicLink(_folder["link.npy"], _folder["a.npy"]);
        using (OutputLock.OfFile(_folder["link.npy"]))
        {
            Assert.Contains("a.npy", Refused(() => OutputLock.OfFile(_folder["a.npy"])), StringComparison.Ordinal);
            OutputLock.OfFile(_folder["b.npy"]).Dispose();
        }

        Assert.Equal([_folder["a.npy"], _folder["link.npy"]], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
        Assert.Contains("does not exist; create it first", Refused(() => OutputLock.OfFile(_folder["missing/a.npy"])),
            StringComparison.Ordinal);
        Assert.Contains("it is a folder", Refused(() => OutputLock.OfFile(_folder.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public void Shares_of_one_number_go_together_and_nothing_else_does()
    {
        using (OutputLock.OfShare(_folder["out"], 1, 3))
        {
            OutputLock.OfShare(_folder["out"], 2, 3).Dispose();
            Refused(() => OutputLock.OfShare(_folder["out"], 1, 3));
            Refused(() => OutputLock.OfShare(_folder["out"], 2, 4));
            Refused(() => OutputLock.OfFolder(_folder["out"]));
            Assert.Single(Directory.GetFiles(_folder["out"], ".*"));
        }

        using (OutputLock.OfFolder(_folder["out"])) Refused(() => OutputLock.OfShare(_folder["out"], 1, 3));
    }

    // Each needs the folder for itself for a moment: none may take another for a run of the whole.
    [Fact]
    public void Shares_may_begin_at_the_same_time()
    {
        const int Parts = 12;
        var held = new OutputLock[Parts];
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = Parts },
            part => held[part] = OutputLock.OfShare(_folder["out"], part + 1, Parts));
        Assert.Equal(Parts, Directory.GetFiles(_folder["out"], ".*").Length);
        foreach (var one in held) one.Dispose();
    }

    // Taken and let go by many: never by two at once, although the file comes and goes.
    [Fact]
    public void No_two_hold_a_lock_at_once()
    {
        int inside = 0, most = 0, taken = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (int i = 0; i < 4000; i++)
            {
                using FileLock? held = FileLock.TryTake(_folder["lock"]);
                if (held is null) continue;
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Interlocked.Increment(ref taken);
                Interlocked.Decrement(ref inside);
            }
        });
        Assert.Equal(1, most);
        Assert.True(taken > 8);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_said_to_be_one()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("uses Unix rights");
            return;
        }

        Assert.SkipWhen(Environment.UserName == "root", "root may write anywhere");
        Directory.CreateDirectory(_folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("permission denied", Refused(() => OutputLock.OfFolder(_folder["locked"])), StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value) Interlocked.CompareExchange(ref target, value, seen);
    }

    private static string Refused(Func<OutputLock> take) => Assert.Throws<InputException>(take).Message;
}
