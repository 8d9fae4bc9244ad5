using System.Globalization;
using CsAligner.Data.Datasets.Features;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>Files that DuckDB wrote; Golden/parquet/make_parquet.sql says of each what its rows are.</summary>
public class ParquetFileTests
{
    private const int Rows = 3000;

    /// <summary>Where they are.</summary>
    public static readonly string Folder = Path.Combine(Repository.Root, "tests", "CsAligner.Data.Tests", "Golden", "parquet");

    /// <summary>File, what of a row's number stands in its caption and in its key.</summary>
    public static TheoryData<string, int, string> Files => new()
    {
        { "dictionary-snappy", 50, "path" },
        { "dictionary-v2-zstd", 50, "number" },
        { "plain-uncompressed", Rows, "number" },
        { "plain-gzip", Rows, "half" },
        { "plain-zstd", Rows, "negative" },
        { "delta-v2-snappy", Rows, "number" },
        { "plain-brotli", Rows, "number" },
        { "plain-lz4", Rows, "number" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void All_rows_are_what_was_written_from_whichever_they_are_read(string name, int captions, string keys)
    {
        // Blocks that end within pages and groups of rows, and one that has them all.
        foreach (int block in (int[])[1000, 16_384, 7])
        {
            var metadata = new MetadataFile(Path.Combine(Folder, name + ".parquet"), block);
            Assert.Equal(Rows, metadata.Rows);
            int[] starts = [.. Enumerable.Range(0, (Rows + block - 1) / block).Select(i => i * block)];
            foreach (int first in block == 7 ? [0, 2044, 2996] : starts.Reverse())
            {
                MetadataRow[] expected =
                    [.. Enumerable.Range(first, Math.Min(block, Rows - first))
                        .Select(i => new MetadataRow(Key(i), i % 7 == 0 ? null : $"it's {i % captions} é"))];
                Assert.Equal(expected, metadata.ReadBlock(first));
            }
        }

        string Key(int row) => keys switch
        {
            "path" => $"folder/{row % 50}.jpg",
            "half" => (row + 0.5).ToString(CultureInfo.InvariantCulture),
            "negative" => $"{-row}",
            _ => $"{row}",
        };
    }

    [Fact]
    public void A_column_of_lists_in_place_of_captions_is_named_and_no_rows_are_no_rows()
    {
        string message = Assert.Throws<InputException>(() => new MetadataFile(Path.Combine(Folder, "captions-list.parquet"), 10)).Message;
        Assert.Contains("captions-list.parquet': its column 'captions' does not have one string per row", message,
            StringComparison.Ordinal);
        Assert.Equal(0, new MetadataFile(Path.Combine(Folder, "empty.parquet"), 10).Rows);
    }

    [Fact]
    public void Files_cut_off_anywhere_or_changed_are_read_or_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(5);
        int refused = 0;
        foreach (string name in (string[])["dictionary-v2-zstd", "delta-v2-snappy", "plain-brotli"])
        {
            byte[] good = File.ReadAllBytes(Path.Combine(Folder, name + ".parquet"));
            for (int i = 0; i < 300; i++)
            {
                byte[] bytes = [.. good];
                if (i % 3 == 0) bytes = bytes[..random.Next(bytes.Length)];
                // What a file says of itself is at its end.
                else for (int change = 0; change <= i % 4; change++)
                    bytes[i % 3 == 1 ? random.Next(bytes.Length) : bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 700))] =
                        (byte)random.Next(256);
                string path = folder.Write("x.parquet", bytes);
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    var metadata = new MetadataFile(path, 16_384);
                    if (metadata.Rows > 0) metadata.ReadBlock(0);
                }
                catch (InputException failure)
                {
                    refused++;
                    Assert.Contains(path, failure.Message, StringComparison.Ordinal);
                    Assert.DoesNotContain(failure.Message, char.IsControl);
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400L << 20);
            }
        }

        Assert.InRange(refused, 400, 900);
    }
}
