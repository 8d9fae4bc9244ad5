using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>Shared by the readers: opening, exact reading, and sizes that cannot overflow.</summary>
internal static class FileReading
{
    // Large enough for the disk, small enough for the cache that the conversion then finds it in.
    private const int ChunkBytes = 1 << 18;

    public delegate void Converter<T>(ReadOnlySpan<byte> bytes, ElementType type, Span<T> values);

    public static SafeFileHandle Open(string path)
    {
        try
        {
            return RegularFile.Open(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{path}': there is no such file; check the path", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            string reason = Directory.Exists(path) ? "it is a folder; expected a file" : "permission denied; check its rights";
            throw new InputException($"cannot read '{path}': {reason}", failure);
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    public static void ReadExactly(SafeFileHandle handle, string path, long offset, Span<byte> destination)
    {
        try
        {
            while (destination.Length > 0)
            {
                int count = RandomAccess.Read(handle, destination, offset);
                if (count == 0)
                    throw new InputException(
                        $"cannot read '{path}': it ended at byte {offset} while being read; did another program cut it off?");
                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException failure)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    /// <summary>Reads and converts values that lie one after another in the file, in chunks.</summary>
    public static void ReadValues<T>(
        SafeFileHandle handle, string path, long offset, ElementType type, bool bigEndian, Converter<T> convert, Span<T> values)
    {
        int size = ElementConversion.SizeOf(type);
        byte[] chunk = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, (long)size * values.Length));
        try
        {
            int perChunk = Math.Max(1, ChunkBytes / size);
            for (int start = 0; start < values.Length; start += perChunk)
            {
                int count = Math.Min(perChunk, values.Length - start);
                Span<byte> bytes = chunk.AsSpan(0, count * size);
                ReadExactly(handle, path, offset + ((long)start * size), bytes);
                if (bigEndian)
                    ElementConversion.SwapBytes(bytes, type);
                convert(bytes, type, values.Slice(start, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The product of the sizes, or false when it, or with <paramref name="bits"/> a value, overflows.</summary>
    public static bool TryCount(ReadOnlySpan<long> shape, int bits, out long count, out long totalBits)
    {
        // A zero must not hide an overflow: part of the product is a row's length, and would wrap around.
        (count, totalBits) = (1, 0);
        bool empty = false;
        foreach (long size in shape)
        {
            empty |= size == 0;
            if (size < 0 || Math.BigMul(count, Math.Max(size, 1), out long low) != 0 || low < 0)
                return false;
            count = low;
        }

        if (Math.BigMul(count, bits, out long product) != 0 || product < 0)
            return false;
        (count, totalBits) = empty ? (0, 0) : (count, product);
        return true;
    }

    /// <summary>The shape as a tensor's: sizes and length within an array's limits.</summary>
    public static int[] TensorShape(ReadOnlySpan<long> shape, string what)
    {
        long length = 1;
        int[] sizes = new int[shape.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            length = shape[i] > Array.MaxLength ? long.MaxValue : length * shape[i];
            if (length > Array.MaxLength)
                throw new InputException($"cannot read {what}: [{string.Join(", ", shape.ToArray())}] is more than one tensor can hold "
                    + $"({Array.MaxLength} values); read it in row ranges or split the file");
            sizes[i] = (int)shape[i];
        }

        return sizes;
    }

    public static string Describe(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
