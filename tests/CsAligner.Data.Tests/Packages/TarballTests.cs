using System.Formats.Tar;
using System.IO.Compression;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Packages;

public sealed class TarballTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csalign-tar-").FullName;

    private string Target => Path.Combine(_folder, "target");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Plain_files_are_unpacked_without_the_leading_folder()
    {
        string file = Pack(("package/a.json", "{}"), ("package/lib/b.txt", "b"));
        await Unpack(file);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(Target, "a.json")));
        Assert.Equal("b", File.ReadAllText(Path.Combine(Target, "lib", "b.txt")));
    }

    [Theory]
    [InlineData("package/../../evil")]
    [InlineData("../evil")]
    [InlineData("/evil")]
    [InlineData("package/./evil")]
    [InlineData("package//evil")]
    [InlineData("package/..\\evil")]
    [InlineData("package/c:evil")]
    [InlineData("evil")]
    public async Task A_path_that_could_leave_the_folder_is_refused(string name)
    {
        string file = Pack((name, "x"));
        var failure = await Assert.ThrowsAsync<InputException>(() => Unpack(file));
        Assert.Contains("is not a path inside the package", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder, "evil", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Links_and_devices_are_refused(TarEntryType type)
    {
        string file = Path.Combine(_folder, "links.tgz");
        using (var writer = new TarWriter(new GZipStream(File.Create(file), CompressionLevel.Fastest)))
        {
            var entry = new PaxTarEntry(type, "package/link");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                entry.LinkName = "/etc/passwd";
            writer.WriteEntry(entry);
        }

        var failure = await Assert.ThrowsAsync<InputException>(() => Unpack(file));
        Assert.Contains("only plain files", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_stops_at_the_size_limit()
    {
        string file = Pack(("package/zeros", new string('\0', 3 << 20)));
        Assert.True(new FileInfo(file).Length < 100_000);
        var failure =
            await Assert.ThrowsAsync<InputException>(() => Tarball.UnpackAsync(file, Make(Target), null, 1 << 20, CancellationToken.None));
        Assert.Contains("unpacks to more than 1 MiB", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_files_are_refused()
    {
        string file = Pack([.. Enumerable.Range(0, Tarball.FileLimit + 1).Select(i => ($"package/{i}", ""))]);
        var failure =
            await Assert.ThrowsAsync<InputException>(() =>
                Tarball.UnpackAsync(file, Make(Target), _ => false, 1 << 20, CancellationToken.None));
        Assert.Contains("more than 20000 files", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_comes_twice_does_not_overwrite()
    {
        string file = Pack(("package/a", "first"), ("package/a", "second"));
        var failure = await Assert.ThrowsAsync<InputException>(() => Unpack(file));
        Assert.Contains("holds 'package/a' twice", failure.Message, StringComparison.Ordinal);
        Assert.Equal("first", File.ReadAllText(Path.Combine(Target, "a")));
    }

    [Fact]
    public async Task A_file_where_a_folder_should_be_is_one_line()
    {
        string file = Pack(("package/a", "x"), ("package/a/b", "y"));
        var failure = await Assert.ThrowsAsync<InputException>(() => Unpack(file));
        Assert.Contains("cannot unpack", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('x', false)]
    [InlineData('g', false)]
    [InlineData('L', false)]
    [InlineData('K', false)]
    [InlineData('g', true)]
    [InlineData('x', true)]
    public async Task A_header_that_claims_a_gigabyte_is_refused_before_memory_is_taken_for_it(char type, bool withRemains)
    {
        // TarReader takes it whatever the checksum says, and whatever stands behind the end of an owner's number.
        byte[] header = Header(type, "10000000000");
        header[0] ^= 1;
        if (withRemains)
        {
            new byte[] { 0, 0x9E, 0x41, 0xB5, 0x5C, 0xAD, 0xE5, 0x5B }.CopyTo(header, 108);
            "12\0x9y"u8.CopyTo(header.AsSpan(116));
        }

        string file = Path.Combine(_folder, "claims.tgz");
        using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            gzip.Write([.. header, .. new byte[2048]]);
        // These are the words of the stream below TarReader, which has not seen the header yet and so has taken nothing.
        var failure = await Assert.ThrowsAsync<InputException>(() => Unpack(file));
        Assert.Contains("a header states 1073741824 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('S')]
    [InlineData('V')]
    public async Task Kinds_of_entries_that_are_not_known_are_refused(char type)
    {
        string file = Path.Combine(_folder, "sparse.tgz");
        using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            gzip.Write([.. Header(type, "0"), .. new byte[1024]]);
        await Assert.ThrowsAsync<InputException>(() => Unpack(file));
    }

    [Fact]
    public async Task A_cut_or_foreign_file_is_refused_with_one_line()
    {
        string whole = Pack(("package/a", new string('x', 5000) + Guid.NewGuid()));
        byte[] bytes = File.ReadAllBytes(whole);
        string cut = Path.Combine(_folder, "cut.tgz"), foreign = Path.Combine(_folder, "foreign.tgz");
        File.WriteAllBytes(cut, bytes[..(bytes.Length / 2)]);
        File.WriteAllText(foreign, "<html>Sign in to the network</html>");
        foreach (string file in (string[])[cut, foreign])
        {
            var failure =
                await Assert.ThrowsAsync<InputException>(() =>
                    Tarball.UnpackAsync(file, Make(Target + Path.GetFileName(file)), null, 1 << 20, CancellationToken.None));
            Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Other_content_than_pinned_is_refused_and_named()
    {
        string file = Pack(("package/a", "x"));
        var package = new NpmPackage("@iconify-json/lucide", "1.0.0", "sha512-" + Convert.ToBase64String(new byte[64]));
        var failure = await Assert.ThrowsAsync<InputException>(() => Tarball.VerifyAsync(file, package, CancellationToken.None));
        Assert.Contains("@iconify-json/lucide@1.0.0 is not the pinned content", failure.Message, StringComparison.Ordinal);
    }

    // A GNU header by itself: no writer makes these.
    private static byte[] Header(char type, string size)
    {
        byte[] header = new byte[512];
        "package/x"u8.CopyTo(header);
        System.Text.Encoding.ASCII.GetBytes(size.PadLeft(11, '0')).CopyTo(header, 124);
        header[156] = (byte)type;
        "ustar  \0"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0").CopyTo(header, 148);
        return header;
    }

    private Task Unpack(string file) => Tarball.UnpackAsync(file, Make(Target), null, 1 << 20, CancellationToken.None);

    private static string Make(string folder) => Directory.CreateDirectory(folder).FullName;

    private string Pack(params (string Name, string Text)[] files)
    {
        string file = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".tgz");
        using var writer = new TarWriter(new GZipStream(File.Create(file), CompressionLevel.Fastest));
        foreach ((string name, string text) in files)
            writer.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile,
                    name)
                { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });
        return file;
    }
}
