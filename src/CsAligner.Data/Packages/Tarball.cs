using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using CsAligner.Tensors;

namespace CsAligner.Data.Packages;

/// <summary>Checks and unpacks the .tgz of a package, trusting nothing in it.</summary>
internal static class Tarball
{
    /// <summary>More than any package we pin unpacks to; a gzip bomb stops here.</summary>
    public const long DefaultSizeLimit = 1L << 30;

    /// <summary>More files than any package we pin holds.</summary>
    public const int FileLimit = 20_000;

    /// <summary>Throws unless the file's SHA-512 is the pinned one.</summary>
    public static async Task VerifyAsync(string file, NpmPackage package, CancellationToken cancellationToken)
    {
        await using FileStream stream = File.OpenRead(file);
        byte[] hash = await SHA512.HashDataAsync(stream, cancellationToken);
        string found = "sha512-" + Convert.ToBase64String(hash);
        if (found != package.Integrity)
            throw new InputException($"{package.Name}@{package.Version} is not the pinned content: expected {package.Integrity}, got {found}; the registry serves something else: do not use it, and check which registry npm is set to");
    }

    /// <summary>Unpacks regular files into a folder that exists and is empty; the leading "package/" is dropped.</summary>
    /// <exception cref="InputException">An entry leaves the folder, is a link or device, or the limits are passed.</exception>
    public static async Task UnpackAsync(string file, string folder, Func<string, bool>? wanted, long sizeLimit, CancellationToken cancellationToken)
    {
        string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        long left = sizeLimit;
        int files = 0;
        await using FileStream stream = File.OpenRead(file);
        await using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        await using var limited = new LimitedStream(gzip, sizeLimit + (64L << 20), file);
        await using var reader = new TarReader(limited);
        try
        {
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes)
                    continue;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    throw Refuse(file, $"'{Show(entry.Name)}' is a {entry.EntryType}, only plain files are unpacked");
                string relative = Relative(file, entry.Name);
                if (++files > FileLimit)
                    throw Refuse(file, $"it holds more than {FileLimit} files");
                left -= entry.Length;
                if (left < 0)
                    throw Refuse(file, $"it unpacks to more than {sizeLimit >> 20} MiB");
                if (wanted is not null && !wanted(relative))
                    continue;
                string path = Path.GetFullPath(Path.Combine(folder, relative));
                if (!path.StartsWith(root, StringComparison.Ordinal))
                    throw Refuse(file, $"'{Show(entry.Name)}' leaves the folder");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                // Two entries of one name, or of names that one disk holds for the same, end here: CreateNew.
                await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
                if (entry.DataStream is not null)
                    await entry.DataStream.CopyToAsync(target, cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Refuse(file, $"it is damaged: {e.Message.TrimEnd('.')}");
        }
    }

    private static string Relative(string file, string name)
    {
        string[] parts = name.Split('/');
        bool bad = name.Length is 0 or > 512 || parts.Length < 2 || name.StartsWith('/')
            || name.Any(c => c is '\\' or ':' || char.IsControl(c)) || parts.Any(p => p is "" or "." or "..");
        return bad ? throw Refuse(file, $"'{Show(name)}' is not a path inside the package") : string.Join('/', parts[1..]);
    }

    private static InputException Refuse(string file, string why) =>
        new($"refused to unpack {Path.GetFileName(file)}: {why}; fetch it again from a registry you trust");

    private static string Show(string name) =>
        new([.. name.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);

    /// <summary>Ends the decompression at a limit: headers of a bomb count too, not only its files.</summary>
    private sealed class LimitedStream(Stream inner, long limit, string file) : Stream
    {
        private long _left = limit;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Count(int read)
        {
            _left -= read;
            return _left < 0 ? throw Refuse(file, "it unpacks to more than the limit") : read;
        }
    }
}
