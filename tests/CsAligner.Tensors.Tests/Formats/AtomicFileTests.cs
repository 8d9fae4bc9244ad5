using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tensors.Tests.Formats;

public class AtomicFileTests
{
    [Fact]
    public void The_old_file_stays_until_the_commit()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.txt"];
        AtomicFile.WriteAllText(path, "old");
        using (AtomicFile file = AtomicFile.Create(path))
        {
            file.Stream.Write("new"u8);
            file.Stream.Flush();
            Assert.Equal("old", File.ReadAllText(path));
            file.Commit();
            Assert.Equal("new", File.ReadAllText(path));
            Assert.Throws<ObjectDisposedException>(file.Commit);
        }

        Assert.Equal(["a.txt"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_failure_while_writing_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a.txt"];
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<DivideByZeroException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new DivideByZeroException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.txt"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void The_stream_can_go_back_to_fill_in_a_header()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write("....rest"u8);
            stream.Position = 0;
            stream.Write("head"u8);
        });
        Assert.Equal("headrest", File.ReadAllText(folder["a"]));
    }

    [Fact]
    public void A_device_is_refused_and_the_folder_of_shared_memory_is_not()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "there is no /dev/shm");
        Assert.Contains("it is a device", Assert.Throws<InputException>(() => AtomicFile.Create("/dev/null")).Message,
            StringComparison.Ordinal);
        string path = $"/dev/shm/csalign-test-{Guid.NewGuid():N}";
        try
        {
            AtomicFile.WriteAllText(path, "x");
            Assert.Equal("x", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Cleaning_removes_what_dead_runs_left_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".checkpoint.safetensors.abcdefgh.xyz.csalign-tmp", [1, 2, 3]);
        folder.Write("mine.txt", [1]);
        folder.Write(".hidden", [1]);
        using AtomicFile living = AtomicFile.Create(folder["living.txt"]);
        Assert.Equal(1, AtomicFile.CleanFolder(folder.Path));
        Assert.Equal(3, Directory.GetFiles(folder.Path).Length);
        living.Stream.Write("alive"u8);
        living.Commit();
        Assert.Equal("alive", File.ReadAllText(folder["living.txt"]));
        Assert.Equal(0, AtomicFile.CleanFolder(folder["missing"]));
    }

    [Fact]
    public void A_link_is_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        using var folder = new TemporaryFolder();
        AtomicFile.WriteAllText(folder["target"], "old");
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        AtomicFile.WriteAllText(folder["link"], "new");
        Assert.Equal("new", File.ReadAllText(folder["target"]));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
    }

    [Fact]
    public void A_place_that_cannot_be_written_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist; create it first", Refused(folder["no/such/a.txt"]));
        Assert.Contains("it is a folder", Refused(folder.Path));
        folder.Write("file", [1]);
        Assert.Contains("does not exist", Refused(folder["file/a.txt"]));
        Assert.Contains("it is a file", Assert.Throws<InputException>(() => AtomicFile.CreateFolder(folder["file"])).Message);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the rest uses Linux's /dev and /proc");
        Assert.Contains("it is a device", Refused("/dev/null"));
        Assert.Contains("cannot write '/proc/a.txt'", Refused("/proc/a.txt"));
    }

    [Fact]
    public void A_folder_without_the_right_to_write_is_named()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("uses Unix rights");
            return;
        }

        Assert.SkipWhen(Environment.UserName == "root", "root may write anywhere");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("permission denied", Refused(folder["locked/a.txt"]));
    }

    [Fact]
    public void A_full_disk_keeps_the_old_file_and_says_so()
    {
        using var folder = new TemporaryFolder();
        using var disk = SmallDisk.TryMount(folder.Path);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs is not permitted here");
        string path = folder["a.npy"];
        Npy.Write(path, Tensor.From([1, 2, 3], 3));
        byte[] before = File.ReadAllBytes(path);
        var large = new Tensor(1024, 1024);
        string message = Assert.Throws<InputException>(() => Npy.Write(path, large)).Message;
        Assert.Contains("the disk is full", message);
        Assert.Contains("a.npy", message);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(["a.npy"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));

        // Small enough for the buffer: the failure comes at the commit.
        File.WriteAllBytes(folder["filler"], new byte[1024 * 1024 - 8192]);
        Assert.Contains("the disk is full", Assert.Throws<InputException>(() => AtomicFile.WriteAllBytes(path, new byte[32_000])).Message);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    private static string Refused(string path)
    {
        string message = Assert.Throws<InputException>(() => AtomicFile.WriteAllText(path, "x")).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
