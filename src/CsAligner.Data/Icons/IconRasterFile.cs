using System.Text;
using CsAligner.Data.Packages;
using CsAligner.Tensors;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Icons;

/// <summary>
/// The pictures of one set at one size, in one file of the cache: the pixels in order of the names, then a table.
/// An icon without colours takes one byte a pixel, another three. Reading is safe from several threads.
/// </summary>
internal sealed class IconRasterFile : IDisposable
{
    internal const ulong Magic = 0x31534E4F43495343; // "CSICONS1"
    private const int Batch = 512;

    private readonly SafeFileHandle _handle;
    private readonly (long Offset, byte Channels)[] _rows;
    private readonly Dictionary<string, int> _rowOf = new(StringComparer.Ordinal);

    private IconRasterFile(SafeFileHandle handle, string path, int size, (long, byte)[] rows, string[] names, List<string> broken)
    {
        _handle = handle;
        _rows = rows;
        Path = path;
        Size = size;
        Names = names;
        Broken = broken;
        for (int i = 0; i < names.Length; i++)
            _rowOf[names[i]] = i;
    }

    public string Path { get; }

    public int Size { get; }

    public IReadOnlyList<string> Names { get; }

    /// <summary>"name: why" for each icon that could not be drawn.</summary>
    public IReadOnlyList<string> Broken { get; }

    /// <summary>The row of an icon, -1 when it is broken or unknown.</summary>
    public int RowOf(string name) => _rowOf.GetValueOrDefault(name, -1);

    public bool IsColoured(int row) => _rows[row].Channels == 3;

    /// <summary>Fills size x size x 3 bytes.</summary>
    public void Read(int row, Span<byte> rgb)
    {
        int pixels = Size * Size;
        (long offset, byte channels) = _rows[row];
        if (channels == 3)
        {
            Fill(rgb[..(3 * pixels)], offset);
            return;
        }

        // The grey bytes land in the last third, so that spreading them from the front overwrites none unread.
        Span<byte> grey = rgb.Slice(2 * pixels, pixels);
        Fill(grey, offset);
        for (int i = 0; i < pixels; i++)
            rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = grey[i];
    }

    /// <summary>Fills size x size bytes with ink: 0 is white, 255 black; colours by their luminance.</summary>
    public void ReadInk(int row, Span<byte> ink)
    {
        int pixels = Size * Size;
        (long offset, byte channels) = _rows[row];
        if (channels == 1)
        {
            Fill(ink[..pixels], offset);
            for (int i = 0; i < pixels; i++)
                ink[i] = (byte)(255 - ink[i]);
            return;
        }

        var rgb = new byte[3 * pixels];
        Fill(rgb, offset);
        for (int i = 0; i < pixels; i++)
            ink[i] = (byte)(255 - ((77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2] + 128) >> 8));
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Opens a complete file; null if there is none.</summary>
    public static IconRasterFile? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            using var reader = new BinaryReader(stream, Encoding.UTF8);
            if (reader.ReadUInt64() != Magic)
                throw new InvalidDataException("it is not a file of pictures");
            int size = reader.ReadInt32();
            long table = reader.ReadInt64();
            if (size < 0 || table < 0 || table > stream.Length)
                throw new InvalidDataException("its table is missing");
            stream.Position = table;
            int count = reader.ReadInt32();
            // Whatever is counted takes a byte or more.
            if (count < 0 || count > stream.Length)
                throw new InvalidDataException($"it states {count} pictures in {stream.Length} bytes");
            var rows = new (long, byte)[count];
            var names = new string[count];
            long offset = 20;
            for (int i = 0; i < count; i++)
            {
                names[i] = reader.ReadString();
                byte channels = reader.ReadByte();
                rows[i] = (offset, channels);
                offset += (long)channels * size * size;
            }

            if (offset != table)
                throw new InvalidDataException("its table does not match its pixels");
            var broken = new List<string>();
            for (int i = reader.ReadInt32(); i > 0; i--)
                broken.Add(reader.ReadString());
            SafeFileHandle handle =
                File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
            return new IconRasterFile(handle, path, size, rows, names, broken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or FormatException)
        {
            throw new InputException(
                $"cannot read the pictures in {path}: {e.Message.TrimEnd('.')}; remove the file and run the command again", e);
        }
    }

    /// <summary>Draws a set on all cores and writes its file; a crash on the way leaves no file of this name.</summary>
    public static void Write(string path, IconSet set, int size, Action<int> drawn, CancellationToken cancellationToken)
    {
        DataCache.CreateFolder(System.IO.Path.GetDirectoryName(path)!);
        string temporary = path + $".tmp-{Guid.NewGuid():N}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                WriteTo(stream, set, size, drawn, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataCache.Failure("write the pictures", path, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void WriteTo(FileStream stream, IconSet set, int size, Action<int> drawn, CancellationToken cancellationToken)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(size);
        writer.Write(0L);
        var rows = new List<(string Name, byte Channels)>();
        var broken = new List<string>(set.Broken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Compute.Threads, CancellationToken = cancellationToken };
        for (int start = 0; start < set.Icons.Count; start += Batch)
        {
            int count = Math.Min(Batch, set.Icons.Count - start);
            var pictures = new byte[]?[count];
            var errors = new string?[count];
            Parallel.For(0, count, options, () => new byte[size * size * 4], (i, _, rgba) =>
            {
                pictures[i] = IconRasterizer.Draw(set.Icons[start + i].Shape, size, rgba, out errors[i]);
                return rgba;
            }, _ => { });
            for (int i = 0; i < count; i++)
            {
                if (pictures[i] is { } picture)
                {
                    stream.Write(picture);
                    rows.Add((set.Icons[start + i].Name, (byte)(picture.Length / (size * size))));
                }
                else
                {
                    broken.Add($"{set.Icons[start + i].Name}: {errors[i]}");
                }
            }

            drawn(count);
        }

        writer.Flush();
        long table = stream.Position;
        writer.Write(rows.Count);
        foreach ((string name, byte channels) in rows)
        {
            writer.Write(name);
            writer.Write(channels);
        }

        writer.Write(broken.Count);
        foreach (string line in broken)
            writer.Write(line);
        writer.Flush();
        stream.Position = 12;
        writer.Write(table);
        writer.Flush();
    }

    private void Fill(Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            int read = RandomAccess.Read(_handle, target, offset);
            if (read == 0)
                throw new InputException($"the pictures in {Path} end too early; remove the file and run the command again");
            target = target[read..];
            offset += read;
        }
    }
}
