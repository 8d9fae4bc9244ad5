using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CsAligner.Data.Packages;

namespace CsAligner.Fuzz.Targets;

/// <summary>Archives.</summary>
internal static class TarTargets
{
    private const int SizeLimit = 1 << 20;

    public static FuzzTarget Package { get; } = new()
    {
        Name = "package",
        Files = ["package.tar"],
        Run = folder =>
        {
            string packed = Path.Combine(folder, "package.tgz");
            using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.NoCompression))
            using (FileStream tar = File.OpenRead(Path.Combine(folder, "package.tar")))
                tar.CopyTo(gzip);
            Unpack(folder, packed, SizeLimit);
        },
        Words = ["package/", "../", "ustar", "path=", "linkpath=", "size=", "27 path=package/b/c.txt\n"],
        Seeds = () =>
            new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu,
                TarEntryFormat.V7 }.Select(format => new[] { Make(format) }),
    };

    public static FuzzTarget Compressed { get; } = new()
    {
        Name = "package-compressed",
        Files = ["package.tgz"],
        Run = folder => Unpack(folder, Path.Combine(folder, "package.tgz"), SizeLimit),
        Seeds = () => [[Compress(Make(TarEntryFormat.Pax))], [Compress(new byte[300_000])]],
    };

    public static byte[] Make(TarEntryFormat format)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach ((string name, string content) in ((string, string)[])[("package/package.json", "{\"name\":\"x\"}"),
                ("package/a/b.txt", "text\n"), ("package/a/b.png", "\u0001"), ("package/empty", "")])
            {
                TarEntryType type = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    _ => new PaxTarEntry(type, name, [new("comment", "x")]),
                };
                entry.ModificationTime = DateTimeOffset.UnixEpoch;
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                writer.WriteEntry(entry);
            }
        }

        return stream.ToArray();
    }

    private static void Unpack(string folder, string packed, long limit)
    {
        string target = Path.Combine(folder, "out");
        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        Directory.CreateDirectory(target);
        string[] before = Directory.GetFileSystemEntries(folder), around = Directory.GetFileSystemEntries(Path.GetDirectoryName(folder)!);
        try
        {
            Tarball.UnpackAsync(packed, target, null, limit, CancellationToken.None).GetAwaiter().GetResult();
        }
        finally
        {
            FuzzTarget.Require(before.SequenceEqual(Directory.GetFileSystemEntries(folder))
                && around.SequenceEqual(Directory.GetFileSystemEntries(Path.GetDirectoryName(folder)!)),
                "nothing is written outside of the folder");
            var files = new DirectoryInfo(target).GetFiles("*", SearchOption.AllDirectories);
            FuzzTarget.Require(files.All(file => file.LinkTarget is null) && files.Sum(file => file.Length) <= limit,
                "plain files within the limit");
        }
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal)) gzip.Write(bytes);
        return stream.ToArray();
    }
}
