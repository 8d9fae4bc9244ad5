using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Features;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class FeatureSamplesTests
{
    [Fact]
    public void The_parquet_of_clip_retrieval_gives_captions_beside_its_rows()
    {
        using var folder = new TemporaryFolder();
        foreach (string place in (string[])["img_emb", "text_emb", "metadata"]) Directory.CreateDirectory(folder[place]);
        for (int shard = 0; shard < 2; shard++)
        {
            Write(folder[$"img_emb/img_emb_{shard}.npy"], 3000, 4, shard);
            Write(folder[$"text_emb/text_emb_{shard}.npy"], 3000, 4, shard + 10);
            File.Copy(Path.Combine(ParquetFileTests.Folder, shard == 0 ? "dictionary-v2-zstd.parquet" : "plain-zstd.parquet"),
                folder[$"metadata/metadata_{shard}.parquet"]);
        }

        using SampleSource source = Dataset.Open(folder.Path);
        Assert.Equal((6000, 2, false, true), (source.Count, source.Parts, source.HasImages, source.HasCaptions));
        int number = 0;
        foreach (SampleEntry entry in source.ReadAll())
        {
            (int shard, int row) = (number / 3000, number % 3000);
            number++;
            if (row % 7 == 0)
            {
                Assert.EndsWith("its metadata have none", Assert.Throws<InputException>(() => entry.Load(SampleParts.Captions)).Message,
                    StringComparison.Ordinal);
                continue;
            }

            Sample sample = entry.Load(SampleParts.Captions | SampleParts.Features);
            Assert.Equal([$"it's {(shard == 0 ? row % 50 : row)} é"], sample.Captions);
            Assert.Equal($"{(shard == 0 ? row : -row)}", sample.Key);
            Assert.Equal([row % 1000, shard, 2, 3], sample.ImageFeatures!);
            Assert.Equal([row % 1000, shard + 10, 2, 3], sample.TextFeatures!);
        }

        Assert.Equal(6000, number);
        File.WriteAllText(folder["metadata/metadata_1.parquet"], "no parquet");
        string message = Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message;
        Assert.Contains("metadata_1.parquet", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Metadata_as_json_lines_and_matrices_are_read()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["img_emb"]);
        Directory.CreateDirectory(folder["metadata"]);
        Write(folder["img_emb/img_emb_0.npy"], 3, 4, 0);
        File.WriteAllText(folder["metadata/metadata_0.jsonl"],
            "{\"image_path\": \"a.png\", \"caption\": \"one\"}\n{\"image_path\": \"b.png\"}\n"
                + "{\"image_path\": \"c.png\", \"caption\": \"three\"}\n");
        using (SampleSource source = Dataset.Open(folder.Path))
        {
            string[] found = [.. source.ReadAll().Select(e => e.Key + Captions(e))];
            Assert.Equal(["a.pngone", "b.png: its metadata have none", "c.pngthree"], found);
        }

        using (SampleSource source = Dataset.Open(folder["img_emb/img_emb_0.npy"]))
            Assert.Equal([2, 0, 2, 3], source.ReadAll().Last().Load(SampleParts.Features).ImageFeatures!);
        File.AppendAllText(folder["metadata/metadata_0.jsonl"], "{}\n");
        Assert.Contains("it has 4 rows", Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message, StringComparison.Ordinal);

        static string Captions(SampleEntry entry)
        {
            try
            {
                return string.Concat(entry.Load(SampleParts.Captions).Captions);
            }
            catch (InputException failure)
            {
                return failure.Message[failure.Message.LastIndexOf(':')..];
            }
        }
    }

    [Fact]
    public void Metadata_are_read_as_other_tools_write_them_and_bad_lines_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["text_emb"]);
        Directory.CreateDirectory(folder["metadata"]);
        string[] lines =
            ["\uFEFF{\"key\": 7, \"caption\": \"one\", \"score\": NaN}\r", "{\"captions\": [null, \"two\", \"three\"]}\r", "\r",
                "{\"caption\": null, \"text\": \"four\",}\r", "[5]\r", "{\"caption\": \r", "{\"caption\": 6}\r", "  "];
        File.WriteAllText(folder["metadata/metadata_0.jsonl"], string.Join('\n', lines));
        Write(folder["text_emb/text_emb_0.npy"], 6, 4, 0);
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. source.ReadAll().Select(entry => $"{entry.Key} {Outcome(entry)}")];
        string[] expected = ["7 one", "1 two", "2 four", "line 5 of '", "line 6 of '", "its metadata have none"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
        Assert.Contains("is not a JSON object", found[3], StringComparison.Ordinal);
        Assert.Contains("is not valid JSON", found[4], StringComparison.Ordinal);

        static string Outcome(SampleEntry entry)
        {
            try
            {
                return Assert.Single(entry.Load(SampleParts.Captions).Captions);
            }
            catch (InputException failure)
            {
                return failure.Message;
            }
        }
    }

    [Fact]
    public void Json_lines_of_many_blocks_are_read_from_any_block_on()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["text_emb"]);
        Directory.CreateDirectory(folder["metadata"]);
        int rows = (2 * FeatureSamples.BlockRows) + 100;
        Write(folder["text_emb/text_emb_0.npy"], rows, 4, 0);
        // Empty lines are none, also where a block ends.
        File.WriteAllLines(folder["metadata/metadata_0.jsonl"],
            Enumerable.Range(0, rows)
                .SelectMany(i => (string[])[.. i % 4096 == 0 ? [""] : (string[])[], $"{{\"caption\": \"text é {i}\"}}"]));
        using SampleSource source = Dataset.Open(folder.Path);
        Assert.Equal(3, source.Parts);
        for (int part = 2; part >= 0; part--)
        {
            string[] captions = [.. source.ReadPart(part).Select(entry => Assert.Single(entry.Load(SampleParts.Captions).Captions))];
            Assert.Equal(Enumerable.Range(part * FeatureSamples.BlockRows, captions.Length).Select(i => $"text é {i}"), captions);
        }
    }

    private static void Write(string path, int rows, int width, int second)
    {
        using NpyWriter writer = NpyWriter.Create(path, ElementType.Float16, width);
        for (int row = 0; row < rows; row++) writer.WriteRows([row % 1000, second, 2, 3]);
        writer.Commit();
    }
}
