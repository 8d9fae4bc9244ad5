using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

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
            throw new InputException($"{package.Name}@{package.Version} is not the pinned content: expected {package.Integrity}, "
                + $"got {found}; the registry serves different content: do not use it, and check which registry npm uses");
    }

    /// <summary>Unpacks regular files into a folder that exists and is empty; the leading "package/" is dropped.</summary>
    /// <exception cref="InputException">An entry leaves the folder, is a link or device, or the limits are passed.</exception>
    public static async Task UnpackAsync(string file, string folder, Func<string, bool>? wanted, long sizeLimit,
        CancellationToken cancellationToken)
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
                if (File.Exists(path) || Directory.Exists(path))
                    throw Refuse(file, $"it holds '{Show(entry.Name)}' twice");
                // Names that one disk holds for the same end here: CreateNew.
                await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
                if (entry.DataStream is not null)
                    await entry.DataStream.CopyToAsync(target, cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException
            or ArithmeticException or ArgumentException or InvalidOperationException)
        {
            // All of these are TarReader's words for bad fields of headers: sizes, times, kinds, checksums.
            throw Refuse(file, $"it is damaged: {e.Message.TrimEnd('.')}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"cannot unpack {Path.GetFileName(file)}: {e.Message.TrimEnd('.')}; check that the cache has room and is writable", e);
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

    /// <summary>
    /// Ends the decompression at a limit: headers of a bomb count too, not only its files. Looks at the headers on the way, for
    /// <see cref="TarReader"/> reserves the memory that one for long names claims before it reads it.
    /// </summary>
    private sealed class LimitedStream(Stream inner, long limit, string file) : ForwardOnlyStream
    {
        private const int Block = 512;
        private const long MostOfHeader = 1 << 20;

        private readonly byte[] _block = new byte[Block];
        private int _filled;
        private long _left = limit;

        public override int Read(Span<byte> buffer)
        {
            int read = inner.Read(buffer);
            Follow(buffer[..read]);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer, cancellationToken);
            Follow(buffer.Span[..read]);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        private void Follow(ReadOnlySpan<byte> bytes)
        {
            _left -= bytes.Length;
            if (_left < 0)
                throw Refuse(file, "it unpacks to more than the limit");
            for (int taken; !bytes.IsEmpty; bytes = bytes[taken..])
            {
                taken = Math.Min(Block - _filled, bytes.Length);
                bytes[..taken].CopyTo(_block.AsSpan(_filled));
                _filled = (_filled + taken) % Block;
                if (_filled == 0)
                    CheckBlock();
            }
        }

        // Every block, whether it is a header or content: which of them are headers the size fields of others say, and those cannot be
        // trusted. TarReader does not compare checksums, but refuses numbers that are none: what has none in any field is content.
        // Behind a zero it does not look.
        private void CheckBlock()
        {
            if (_block[156] is not ((byte)'x' or (byte)'g' or (byte)'L' or (byte)'K'))
                return;
            foreach ((int start, int length) in ((int, int)[])[(100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8)])
            {
                if (!IsNumber(_block.AsSpan(start, length)))
                    return;
            }

            long size = Size(_block.AsSpan(124, 12));
            if (size > MostOfHeader)
                throw Refuse(file, $"it is damaged: a header states {size} bytes");
        }

        private static bool IsNumber(ReadOnlySpan<byte> field)
        {
            int end = field.IndexOf((byte)0);
            return field[0] is 0x80 or 0xFF
                || (end < 0 ? field : field[..end]).Trim((byte)' ').IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
        }

        // Octal digits, or big-endian bytes behind one of 0x80.
        private static long Size(ReadOnlySpan<byte> field)
        {
            ulong size = 0;
            bool binary = (field[0] & 0x80) != 0;
            foreach (byte value in binary ? field[4..] : field)
            {
                if (binary)
                    size = (size << 8) | value;
                else if (value is >= (byte)'0' and <= (byte)'7')
                    size = (size << 3) | (uint)(value - '0');
            }

            return (long)Math.Min(size, long.MaxValue);
        }
    }
}
