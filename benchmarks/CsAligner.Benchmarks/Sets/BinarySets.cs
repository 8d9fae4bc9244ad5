using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tensors.Formats;
using Parquet;
using Parquet.Schema;

namespace CsAligner.Benchmarks.Sets;

/// <summary>Archives and matrices of any length, block by block.</summary>
internal static class BinarySets
{
    private const int SamplesOfShard = 10_000, RowsOfShard = 250_000, RowsOfGroup = 5_000, Block = 4096;

    // Of clip-retrieval's two matrices each, and of a matrix alone.
    private const int NarrowWidth = 64, Width = 512, PictureBytes = 400;

    public static string WriteTars(string folder, int rows)
    {
        int shards = (rows + SamplesOfShard - 1) / SamplesOfShard;
        byte[] picture = new byte[PictureBytes];
        for (int shard = 0; shard < shards; shard++)
        {
            using var file =
                new FileStream(Path.Combine(folder, $"shard-{shard:D6}.tar"), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            for (int i = shard * SamplesOfShard; i < Math.Min(rows, (shard + 1) * SamplesOfShard); i++)
            {
                WriteMember(file, $"{i:D9}.jpg", picture);
                WriteMember(file, $"{i:D9}.txt", Encoding.UTF8.GetBytes(SetForm.Caption(i)));
            }

            file.Write(new byte[1024]);
        }

        return Path.Combine(folder, $"shard-{{000000..{shards - 1:D6}}}.tar");
    }

    public static string WriteParquet(string folder, int rows) =>
        WriteClipRetrieval(folder, rows,
            (path, first, count) => WriteParquetAsync(path + ".parquet", first, count).GetAwaiter().GetResult());

    public static string WriteMetadataLines(string folder, int rows) => WriteClipRetrieval(folder, rows, (path, first, count) =>
        File.WriteAllLines(path + ".jsonl",
            Enumerable.Range(first, count).Select(i => $"{{\"image_path\": \"{i:D9}.jpg\", \"caption\": \"{SetForm.Caption(i)}\"}}")));

    public static string WriteNpy(string folder, int rows) => WriteNpy(folder, rows, Width);

    public static string WriteNpy(string folder, int rows, int width)
    {
        string path = Path.Combine(folder, "rows.npy");
        WriteMatrix(path, rows, width);
        return path;
    }

    public static string WriteSafeTensors(string folder, int rows)
    {
        string path = Path.Combine(folder, "rows.safetensors");
        long bytes = (long)rows * Width * 2;
        byte[] header =
            Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture,
                    $"{{\"rows\":{{\"dtype\":\"F16\",\"shape\":[{rows},{Width}],\"data_offsets\":[0,{bytes}]}}}}"));
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header);
        float[] block = Rows(Width);
        var halves = new Half[block.Length];
        for (int i = 0; i < halves.Length; i++) halves[i] = (Half)block[i];
        for (int first = 0; first < rows; first += Block)
            file.Write(MemoryMarshal.AsBytes(halves.AsSpan(0, Math.Min(Block, rows - first) * Width)));
        return path;
    }

    private static string WriteClipRetrieval(string folder, int rows, Action<string, int, int> metadata)
    {
        foreach (string place in (string[])["img_emb", "text_emb", "metadata"]) Directory.CreateDirectory(Path.Combine(folder, place));
        for (int first = 0, shard = 0; first < rows; first += RowsOfShard, shard++)
        {
            int count = Math.Min(RowsOfShard, rows - first);
            WriteMatrix(Path.Combine(folder, "img_emb", $"img_emb_{shard}.npy"), count, NarrowWidth);
            WriteMatrix(Path.Combine(folder, "text_emb", $"text_emb_{shard}.npy"), count, NarrowWidth);
            metadata(Path.Combine(folder, "metadata", $"metadata_{shard}"), first, count);
        }

        return folder;
    }

    private static async Task WriteParquetAsync(string path, int first, int rows)
    {
        DataField[] columns = [new DataField<string>("caption"), new DataField<string>("image_path"), new DataField<int>("width")];
        using FileStream file = File.Create(path);
        await using ParquetWriter writer =
            await ParquetWriter.CreateAsync(new ParquetSchema(columns), file, new ParquetOptions { DictionaryEncodingThreshold = 0 });
        for (int done = 0; done < rows; done += RowsOfGroup)
        {
            int[] numbers = [.. Enumerable.Range(first + done, Math.Min(RowsOfGroup, rows - done))];
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(columns[0], [.. numbers.Select(SetForm.Caption)]);
            await group.WriteAsync(columns[1], [.. numbers.Select(i => $"{i:D9}.jpg")]);
            await group.WriteAsync<int>(columns[2], numbers);
        }
    }

    private static void WriteMatrix(string path, int rows, int width)
    {
        float[] block = Rows(width);
        using var writer = NpyWriter.Create(path, ElementType.Float16, width);
        for (int done = 0; done < rows; done += Block) writer.WriteRows(block.AsSpan(0, Math.Min(Block, rows - done) * width));
        writer.Commit();
    }

    // The same block again and again: values do not matter to a reader.
    private static float[] Rows(int width) =>
        [.. Enumerable.Range(0, Block * width).Select(i => ((i * 2654435761L % 2001) - 1000) / 1024f)];

    private static void WriteMember(FileStream file, string name, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[512];
        header.Clear();
        Encoding.ASCII.GetBytes(name, header);
        "0000644\0"u8.CopyTo(header[100..]);
        Encoding.ASCII.GetBytes(Convert.ToString(data.Length, 8).PadLeft(11, '0'), header[124..]);
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header[257..]);
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header) sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0'), header[148..]);
        header[154] = 0;
        file.Write(header);
        file.Write(data);
        file.Write(new byte[(512 - (data.Length % 512)) % 512]);
    }
}
