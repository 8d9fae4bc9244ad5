using System.IO.Compression;
using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Tests.Embedding;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>What must not pass any reader, where the tests beside each do not have it: bombs, giants, paths that lead out,
/// doubles.</summary>
public class HostileSetsTests
{
    private const int Giant = 50 << 20;

    [Fact]
    public void Images_of_karpathy_that_lead_out_are_missing_or_are_there_twice_are_bad_samples()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        string[] images =
        [
            Image("\"filename\": \"a.jpg\"", "fine"), Image("\"filename\": \"../out.jpg\"", "x"),
            Image("\"filename\": \"out.jpg\", \"filepath\": \"../..\"", "x"), Image("\"filename\": \"/etc/passwd\"", "x"),
            Image("\"filename\": \"none.jpg\"", "x"), Image("\"filename\": \"a.jpg\"", "again"), Image("\"imgid\": 7", "x"),
            "{\"filename\": \"b.jpg\", \"split\": \"test\", \"sentences\": []}", Image("\"filename\": \"c\\u0000.jpg\"", "x"),
        ];
        File.WriteAllText(folder["set.json"], $"{{\"images\": [{string.Join(", ", images)}]}}");
        using SampleSource source = Dataset.Open($"karpathy:{folder["set.json"]}:test", folder.Path);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected =
        [
            "fine", "image 1 names '../out.jpg', which is outside", "image 2 names '../../out.jpg', which is outside",
            "image 3 names '/etc/passwd', which is outside", "image 4 names 'none.jpg', but there is no such file",
            "image 5 names 'a.jpg', as another image does", "image 6 has no filename", "image 7: 'b.jpg' has no caption",
            "image 8 names 'c\\0.jpg', which is outside",
        ];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);

        static string Image(string name, string caption) => $"{{{name}, \"split\": \"test\", \"sentences\": [{{\"raw\": \"{caption}\"}}]}}";
    }

    [Fact]
    public void An_image_of_coco_that_is_missing_is_a_bad_sample_and_a_caption_without_end_an_error()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        const string Images = "\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}, {\"id\": 2, \"file_name\": \"none.jpg\"}]";
        File.WriteAllText(folder["set.json"],
            $"{{{Images}, \"annotations\": [{{\"image_id\": 2, \"caption\": \"x\"}}, {{\"image_id\": 1, \"caption\": \"fine\"}}]}}");
        using (SampleSource source = Dataset.Open(folder["set.json"]))
        {
            string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
            Assert.Equal("fine", found[0]);
            Assert.Contains("image 2 names 'none.jpg', but there is no such file", found[1], StringComparison.Ordinal);
        }

        File.WriteAllText(folder["set.json"],
            $"{{{Images}, \"annotations\": [{{\"image_id\": 1, \"caption\": \"{new string('x', Giant)}\"}}]}}");
        Assert.Contains("a single value has more than", Assert.Throws<InputException>(() => Dataset.Open(folder["set.json"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Giant_lines_and_names_that_stand_twice_in_one_are_bad_and_the_lines_behind_them_are_read()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        string giant = new('x', Giant);
        File.WriteAllText(folder["captions.jsonl"],
            $"{{\"image\": \"a.png\", \"image\": \"b.png\", \"caption\": \"x\"}}\n{{\"image\": \"a.png\", \"caption\": \"{giant}\"}}\n[1]\n"
                + $"{{\"image\": \"a.png\", \"caption\": \"fine\"}}\n");
        File.WriteAllText(folder["captions.csv"], $"image,caption\na.png,\"{giant}\"\na.png,\"{giant}\na.png,fine\n");
        Assert.Equal(["line 1 is not a JSON object", "line 2 is longer", "line 3 is not a JSON object", "fine"],
            Read("captions.jsonl", "line 1 is not a JSON object", "line 2 is longer", "line 3 is not a JSON object"));
        Assert.Equal(["line 2 is longer", "line 3 is longer", "fine"], Read("captions.csv", "line 2 is longer", "line 3 is longer"));

        string[] Read(string name, params string[] known)
        {
            using SampleSource source = Dataset.Open(folder[name]);
            return [.. source.ReadAll().Select(WebDatasetTests.Outcome)
                .Select(line => Array.Find(known, k => line.Contains(k, StringComparison.Ordinal)) ?? line)];
        }
    }

    [Fact]
    public void A_giant_header_of_a_tar_is_not_read()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder().Add("PaxHeader", new byte[Giant], 'x').Add("0001.png", [1]).Add("0001.txt", "x").Add("0002.png", [1])
            .Add("0002.txt", "fine").ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var samples = Dataset.Open(folder.Write("a.tar", tar));
        string[] found = [.. samples.ReadAll().Select(WebDatasetTests.Outcome)];
        Assert.Contains($"extended header of {Giant} bytes", found[0], StringComparison.Ordinal);
        Assert.Equal("fine", found[1]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Bombs_in_a_tar_are_bad_samples()
    {
        using var folder = new TemporaryFolder();
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = archive.CreateEntry("0.png", CompressionLevel.SmallestSize).Open();
            entry.Write(new byte[10_000_000]);
        }

        byte[] tar = new TarBuilder().Add("pixels.png", EmbeddingJobTests.Bomb()).Add("zip.png", zip.ToArray())
            .Add("svg.png", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>")
            .Add("cut.png", EmbeddingJobTests.Bomb().AsSpan(0, 30)).ToArray();
        using SampleSource source = Dataset.Open(folder.Write("a.tar", tar));
        var pixels = new ImagePixels(new ImagePreprocessing(4, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation));
        string[] found =
            [.. source.ReadAll().Select(entry =>
                Assert.Throws<InputException>(() => pixels.Read(entry.Load(SampleParts.Image), new byte[48])).Message)];
        Assert.Equal(4, found.Length);
        Assert.Contains("the limit is 268402689", found[0], StringComparison.Ordinal);
        Assert.All(found,
            line => Assert.True(line.Contains("of 'a.tar'", StringComparison.Ordinal) && !line.Contains('\n', StringComparison.Ordinal),
                line));
    }

    [Fact]
    public void Of_clip_retrieval_a_cut_matrix_is_an_error_and_giant_metadata_a_bad_sample()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["text_emb"]);
        Directory.CreateDirectory(folder["metadata"]);
        Npy.Write(folder["text_emb/text_emb_0.npy"], Tensor.From([1f, 2, 3, 4], 2, 2));
        File.WriteAllText(folder["metadata/metadata_0.jsonl"],
            $"{{\"caption\": \"{new string('x', Giant)}\"}}\n{{\"caption\": \"fine\"}}\n");
        using (SampleSource source = Dataset.Open(folder.Path))
        {
            string[] found = [.. source.ReadAll().Select(entry => Try(() => Assert.Single(entry.Load(SampleParts.Captions).Captions)))];
            Assert.Contains("its metadata have none", found[0], StringComparison.Ordinal);
            Assert.Contains("metadata_0.jsonl' is longer than", found[0], StringComparison.Ordinal);
            Assert.Equal("fine", found[1]);
        }

        byte[] whole = File.ReadAllBytes(folder["text_emb/text_emb_0.npy"]);
        File.WriteAllBytes(folder["text_emb/text_emb_0.npy"], whole[..^1]);
        Assert.Contains("text_emb_0.npy", Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(folder["giant.npy"], [0x93, .. "NUMPY"u8, 2, 0, .. BitConverter.GetBytes(Giant), .. new byte[1000]]);
        Assert.Contains("giant.npy", Assert.Throws<InputException>(() => Dataset.Open(folder["giant.npy"])).Message,
            StringComparison.Ordinal);
        File.WriteAllBytes(folder["giant.safetensors"],
            [.. BitConverter.GetBytes((long)Giant), .. Encoding.UTF8.GetBytes("{\"a\":"), .. new byte[1000]]);
        Assert.Contains("giant.safetensors", Assert.Throws<InputException>(() => Dataset.Open(folder["giant.safetensors"])).Message,
            StringComparison.Ordinal);

        static string Try(Func<string> read)
        {
            try
            {
                return read();
            }
            catch (InputException failure)
            {
                return failure.Message;
            }
        }
    }
}
