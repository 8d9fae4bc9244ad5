using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using CsAligner.Tensors.Interop;
using CsAligner.Tensors.Kernels.Retrieval;
using CsAligner.Tensors.Kernels.Threading;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Rows of float16 in a file that grows: mapped into memory to be read, written through the file, so that a full disk is an error of the
/// write and not a fault of the processor. Rows may be read while others are written; who writes a row sees to it that nobody reads it.
/// </summary>
/// <remarks>
/// A header of 4,096 bytes (a name of 16 bytes, int32 version 1, int32 width), then rows, little-endian. The file is as long as the pieces
/// that it is mapped in: what lies behind the last written row is a hole.
/// </remarks>
internal sealed unsafe class HalfRowsFile : IDisposable
{
    private const int HeaderBytes = 4096, Version = 1;
    private const int PieceBytes = 8 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly int _rowsPerPiece;

    private readonly SharedPasses<HalfQuery> _passes = new(HalfDots.MostQueries);

    // Replaced as a whole when it grows: readers keep what they hold.
    private Piece[] _pieces = [];

    private HalfRowsFile(string path, SafeFileHandle file, int width) =>
        (_path, _file, Width, _rowsPerPiece) = (path, file, width, Math.Max(1, PieceBytes / (2 * width)));

    private static ReadOnlySpan<byte> Name => "csalign float16\n"u8;

    /// <summary>Values in a row.</summary>
    public int Width { get; }

    /// <summary>Rows that fit before the file grows.</summary>
    public long Capacity => (long)_pieces.Length * _rowsPerPiece;

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="rows">Rows that it must hold: 0 for a new one.</param>
    /// <exception cref="InputException">It is another kind of file, of another width, too short, or cannot be read or written.</exception>
    public static HalfRowsFile Open(string path, int width, long rows)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, rows == 0 ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            var file = new HalfRowsFile(path, handle, width);
            long length = RandomAccess.GetLength(handle), least = HeaderBytes + (2 * rows * width);
            Span<byte> header = stackalloc byte[Name.Length + 8];
            if (rows == 0 && length < HeaderBytes)
            {
                Name.CopyTo(header);
                BinaryPrimitives.WriteInt32LittleEndian(header[Name.Length..], Version);
                BinaryPrimitives.WriteInt32LittleEndian(header[(Name.Length + 4)..], width);
                RandomAccess.Write(handle, header, 0);
                RandomAccess.SetLength(handle, HeaderBytes);
                RandomAccess.FlushToDisk(handle);
                FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
                return file;
            }

            FileReading.ReadExactly(handle, path, 0, header);
            int version = BinaryPrimitives.ReadInt32LittleEndian(header[Name.Length..]);
            int found = BinaryPrimitives.ReadInt32LittleEndian(header[(Name.Length + 4)..]);
            if (!header.StartsWith(Name) || version != Version || found != width)
                throw Damaged(path, $"expected the header of version {Version} with {width} values a row");
            if (length < least) throw Damaged(path, $"expected at least {least} bytes for {rows} rows, got {length}");
            file.Grow(rows);
            return file;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw failure is FileNotFoundException
                ? Damaged(path, "it is missing", failure)
                : new InputException($"cannot open '{path}': {failure.Message}", failure);
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Makes room for so many rows.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Grow(long rows)
    {
        while (Capacity < rows)
        {
            long start = HeaderBytes + ((long)_pieces.Length * _rowsPerPiece * Width * 2), bytes = (long)_rowsPerPiece * Width * 2;
            if (RandomAccess.GetLength(_file) < start + bytes) RandomAccess.SetLength(_file, start + bytes);
            _pieces = [.. _pieces, new Piece(_file, start, bytes)];
        }
    }

    /// <summary>Writes rows that nobody reads, from one on; <see cref="Flush"/> brings them to the disk.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Write(long row, ReadOnlySpan<Half> values)
    {
        Grow(row + (values.Length / Width));
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(values), HeaderBytes + (row * Width * 2));
    }

    /// <summary>Waits until what was written is on the disk.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>A row, as it lies in the file.</summary>
    public ReadOnlySpan<Half> Read(long row)
    {
        Piece piece = _pieces[row / _rowsPerPiece];
        return new ReadOnlySpan<Half>(piece.Start + (row % _rowsPerPiece * Width), Width);
    }

    /// <summary>
    /// Products of a query with the rows from the first on that are asked for; see <see cref="HalfDots.ScoreAll"/>. Queries that come while
    /// another one is read for share the next pass: memory gives the pace, not arithmetic.
    /// </summary>
    /// <param name="query">A query of unit length.</param>
    /// <param name="wanted">For each row: not zero where it is asked for.</param>
    /// <param name="scores">For each row.</param>
    public void Score(ReadOnlySpan<float> query, ReadOnlySpan<byte> wanted, Span<float> scores)
    {
        float[] scaled = new float[query.Length];
        HalfDots.Prepare(query, scaled);
        fixed (float* from = scaled, into = scores)
        fixed (byte* asked = wanted)
            _passes.Run(new HalfQuery(from, query.Length, asked, into, scores.Length), Pass);
    }

    /// <summary>Unmaps and closes the file. Nobody reads it any more.</summary>
    public void Dispose()
    {
        foreach (Piece piece in _pieces) piece.Dispose();
        _pieces = [];
        _file.Dispose();
    }

    private void Pass(ReadOnlySpan<HalfQuery> queries)
    {
        Piece[] pieces = _pieces;
        int rows = 0;
        Span<HalfQuery> asking = stackalloc HalfQuery[queries.Length];
        foreach (HalfQuery query in queries) rows = Math.Max(rows, query.Count);
        for (int first = 0; first < rows; first += _rowsPerPiece)
        {
            // Whose rows end before no longer takes part.
            int count = 0, last = first;
            foreach (HalfQuery query in queries)
            {
                if (query.Count <= first) continue;
                asking[count++] = query;
                last = Math.Max(last, Math.Min(first + _rowsPerPiece, query.Count));
            }

            HalfDots.ScoreAll(asking[..count], pieces[first / _rowsPerPiece].Start, first, last - first);
        }
    }

    private static InputException Damaged(string path, string reason, Exception? failure = null) =>
        new($"'{path}' is damaged or belongs to another index: {reason}; restore the whole folder from a copy", failure);

    private sealed class Piece : IDisposable
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;

        public Piece(SafeFileHandle file, long start, long bytes)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(start, bytes, MemoryMappedFileAccess.Read);
            byte* at = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref at);
            Start = (Half*)(at + _view.PointerOffset);
        }

        public Half* Start { get; }

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }
}
