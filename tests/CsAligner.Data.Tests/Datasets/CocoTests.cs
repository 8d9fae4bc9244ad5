using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>Captions of COCO and the splits of Karpathy, in small files of the real form.</summary>
public class CocoTests
{
    private const string Coco = """
        {"info": {"description": "COCO 2017", "nested": [{"images": [1]}]}, "licenses": [{"id": 1, "name": "x"}],
         "images": [{"license": 4, "file_name": "000000397133.jpg", "coco_url": "http://x", "height": 427, "id": 397133}, {"file_name": "000000037777.jpg", "id": 37777}],
         "annotations": [{"image_id": 37777, "id": 38, "caption": "A kitchen\n"}, {"image_id": 397133, "id": 40, "caption": "A man"}, {"image_id": 397133, "id": 41, "caption": "A \"cook\" \u00fc"}]}
        """;

    [Fact]
    public void Captions_of_coco_are_joined_with_their_images_in_any_order_of_the_file()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["annotations"]);
        Directory.CreateDirectory(folder["val2017"]);
        foreach (string name in (string[])["000000397133.jpg", "000000037777.jpg"]) folder.Write($"val2017/{name}", [1]);
        int images = Coco.IndexOf("\"images\": [{\"license", StringComparison.Ordinal),
            annotations = Coco.IndexOf("\"annotations\"", StringComparison.Ordinal);
        string turned = $"{{{Coco[annotations..Coco.LastIndexOf('}')]}, {Coco[images..annotations].TrimEnd().TrimEnd(',')}}}";
        foreach (string text in (string[])[Coco, turned])
        {
            File.WriteAllText(folder["annotations/captions_val2017.json"], text);
            using SampleSource source = Dataset.Open(folder["annotations/captions_val2017.json"]);
            Assert.Equal(["000000397133.jpg A man|A \"cook\" ü", "000000037777.jpg A kitchen"],
                source.ReadAll().Select(e => $"{e.Key} {WebDatasetTests.Outcome(e)}"));
        }
    }

    [Fact]
    public void Bad_entries_of_coco_are_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        File.WriteAllText(folder["captions.json"], """
            {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}, {"id": 2, "file_name": "a.jpg"}, {"id": 3}, {"id": 4, "file_name": "../x.jpg"}, {"id": 5, "file_name": "none.jpg"}],
             "annotations": [{"image_id": 1, "id": 1, "caption": "fine"}, {"image_id": 9, "id": 2, "caption": "x"}, {"image_id": 4, "id": 3, "caption": "x"}, {"image_id": 1, "id": 4, "caption": 7}]}
            """);
        using SampleSource source = Dataset.Open(folder["captions.json"]);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected =
            ["fine", "image 1 has the same id as another", "image 2 names 'a.jpg', as another", "image 3 has no id or no file_name",
                "image 4 names '../x.jpg', which is outside", "image 5: 'none.jpg' has no caption", "image 9 is not among the images",
                "image 1 has an annotation without a caption: 4"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
    }

    [Fact]
    public void Images_and_captions_that_are_there_twice_or_not_at_all_are_joined_as_a_plain_program_does_it()
    {
        using var folder = new TemporaryFolder();
        var random = new RandomGenerator(3);
        for (int trial = 0; trial < 20; trial++)
        {
            (int Id, string File)[] images = [.. Enumerable.Range(0, 200).Select(_ => (random.Next(150), $"{random.Next(150)}.jpg"))];
            (int Image, int Id, string Text)[] annotations = [.. Enumerable.Range(0, 600).Select(i => (random.Next(160), i, $"text {i}"))];
            string first = $"\"images\": [{string.Join(", ", images.Select(i => $"{{\"id\": {i.Id}, \"file_name\": \"{i.File}\"}}"))}]";
            var texts = annotations.Select(a => $"{{\"image_id\": {a.Image}, \"id\": {a.Id}, \"caption\": \"{a.Text}\"}}");
            string second = $"\"annotations\": [{string.Join(", ", texts)}]";
            File.WriteAllText(folder["captions.json"], trial % 2 == 0 ? $"{{{first}, {second}}}" : $"{{{second}, {first}}}");
            foreach ((int _, string file) in images) folder.Write(file, [1]);

            var ids = new Dictionary<int, string>();
            var expected = new List<string>();
            foreach ((int id, string file) in images)
            {
                if (ids.ContainsKey(id)) expected.Add($"image {id} has the same id");
                else if (ids.ContainsValue(file)) expected.Add($"image {id} names");
                else expected.Add(
                    string.Join('|', annotations.Where(a => a.Image == id).Select(a => a.Text).DefaultIfEmpty("has no caption")));
                if (expected[^1][0] != 'i') ids.Add(id, file);
            }

            expected.AddRange(annotations.Where(a => !ids.ContainsKey(a.Image))
                .Select(a => $"image {a.Image} is not among the images, but annotation {a.Id}"));
            using SampleSource source = Dataset.Open(folder["captions.json"]);
            string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
            Assert.Equal(expected.Count, found.Length);
            for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1", "2", "1", "2")]
    [InlineData("1.0", "2.0", "1.0", "2.0")]
    [InlineData("1", "2", "1.0", "2e0")]
    [InlineData("1", "2", "\"1\"", "\"2\"")]
    [InlineData("\"x0\"", "\"x1\"", "\"x0\"", "\"x1\"")]
    [InlineData("\"\u00fc 1\"", "\"001\"", "\"\\u00fc 1\"", "\"001\"")]
    [InlineData("9007199254740993", "9007199254740992", "9007199254740993.0", "9007199254740992")]
    [InlineData("18446744073709551617", "18446744073709551616", "\"18446744073709551617\"", "18446744073709551616")]
    [InlineData("-9223372036854775808", "-9223372036854775807", "-9223372036854775808", "\"-9223372036854775807\"")]
    [InlineData("1.50", "0.25", "1.5", "2.5e-1")]
    public void Ids_are_read_as_tools_write_them(string first, string second, string firstAgain, string secondAgain)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        folder.Write("b.jpg", [1]);
        string images =
            $"\"images\": [{{\"id\": {first}, \"file_name\": \"a.jpg\", \"area\": NaN}}, {{\"id\": {second}, \"file_name\": \"b.jpg\"}}]";
        string annotations = $"\"annotations\": [{{\"image_id\": {secondAgain}, \"id\": \"x\", \"caption\": \"two\", \"score\": "
            + $"-Infinity}}, {{\"image_id\": {firstAgain}, \"id\": 7, \"caption\": \"one\"}}]";
        foreach (string text in (string[])[$"{{{images}, {annotations}}}", $"{{{annotations}, {images},}}"])
        {
            foreach (Encoding encoding in (Encoding[])[new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode])
            {
                File.WriteAllText(folder["captions.json"], text, encoding);
                using SampleSource source = Dataset.Open(folder["captions.json"]);
                Assert.Equal(["a.jpg one", "b.jpg two"], source.ReadAll().Select(e => $"{e.Key} {WebDatasetTests.Outcome(e)}"));
            }
        }
    }

    [Fact]
    public void Ids_that_are_texts_are_named_in_errors_and_a_missing_caption_leaves_the_picture()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        folder.Write("b.jpg", [1]);
        File.WriteAllText(folder["captions.json"], """
            {"images": [{"id": "x/1", "file_name": "a.jpg"}, {"id": "x/1", "file_name": "c.jpg"}, {"id": "", "file_name": "d.jpg"}, {"id": "b", "file_name": "b.jpg"}],
             "annotations": [{"image_id": "y", "id": "z9", "caption": "x"}, {"image_id": "x/1", "id": 1, "caption": null}, {"image_id": "x/1", "id": 2, "caption": "one"},
              {"image_id": "x/1", "id": 3, "caption": " "}, {"image_id": "x/1", "id": 4, "caption": NaN}, {"image_id": "b", "id": 5, "caption": null}]}
            """);
        using SampleSource source = Dataset.Open(folder["captions.json"]);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected =
            ["one", "image x/1 has the same id as another", "has no id or no file_name", "image b: 'b.jpg' has no caption",
                "image y is not among the images, but annotation z9"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}], \"annotations\": [{\"image_id\": 1, \"bbox\": [1, 2]}]}",
        "not the instances or keypoints file")]
    [InlineData("{\"images\": [], \"images\": [], \"annotations\": []}", "\"images\" twice")]
    [InlineData("{\"a\": 1}", "it has no \"images\"")]
    [InlineData("{\"images\": [], \"annotations\": []}", "it has no \"images\"")]
    [InlineData("[1, 2]", "an object with")]
    [InlineData("{\"images\": [{\"id\": 1", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    [InlineData("{\"images\": [{\"id\": 1, \"file_name\": \"zz.jpg\"}], \"annotations\": [{\"image_id\": 1, \"caption\": \"x\"}]}",
        "name the folder of the images")]
    public void A_file_that_is_not_of_coco_is_an_error(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.jpg", [1]);
        File.WriteAllText(folder["captions.json"], text);
        string message = Assert.Throws<InputException>(() => Dataset.Open(folder["captions.json"])).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_name_of_fifty_megabytes_and_deep_nests_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["long.json"], $"{{\"{new string('x', 50 << 20)}\": 1}}");
        File.WriteAllText(folder["deep.json"], $"{{\"images\": {new string('[', 1_000_000)}");
        Assert.Contains("a single value has more than", Assert.Throws<InputException>(() => Dataset.Open(folder["long.json"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("not valid JSON", Assert.Throws<InputException>(() => Dataset.Open(folder["deep.json"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Splits_of_karpathy_are_chosen_by_name()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["flickr30k-images"]);
        string[] splits = ["train", "test", "val", "test", "restval"];
        for (int i = 0; i < 5; i++) folder.Write($"flickr30k-images/{i}.jpg", [1]);
        File.WriteAllText(folder["dataset_flickr30k.json"], Karpathy(splits, 5, null));
        string file = folder["dataset_flickr30k.json"];
        Assert.Equal(["1.jpg c1.0|c1.1|c1.2|c1.3|c1.4", "3.jpg c3.0|c3.1|c3.2|c3.3|c3.4"],
            Dataset.Open($"karpathy:{file}:test").ReadAll().Select(e => $"{e.Key} {WebDatasetTests.Outcome(e)}"));
        Assert.Equal(["1.jpg", "3.jpg"], Dataset.Open($"karpathy:{file}").ReadAll().Select(e => e.Key));
        Assert.Equal(["0.jpg", "4.jpg"], Dataset.Open($"karpathy:{file}:train+restval").ReadAll().Select(e => e.Key));
        Assert.Equal("val", Dataset.Open($"karpathy:{file}:val").Split);
        Refused($"karpathy:{file}:flickr30k-1k", "its test split has 2 images, but flickr30k-1k needs 1000");
        Refused($"karpathy:{file}:dev", "'dev' is not a split");
        Refused(file, $"name one: karpathy:{file}:test");

        static void Refused(string name, string expected) =>
            Assert.Contains(expected, Assert.Throws<InputException>(() => Dataset.Open(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_protocol_is_its_number_of_images_with_five_captions_each()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["val2014"]);
        folder.Write("val2014/0.jpg", [1]);
        File.WriteAllText(folder["dataset_coco.json"], Karpathy([.. Enumerable.Repeat("test", 5000), "val"], 6, "val2014"));
        using SampleSource source = Dataset.Open($"karpathy:{folder["dataset_coco.json"]}:coco-5k");
        Assert.Equal((5000, "coco-5k"), (source.Count, source.Split));
        Assert.Equal("val2014/0.jpg", source.ReadAll().First().Key);
        Assert.All(source.ReadAll(), entry => Assert.Equal(5, entry.Load(SampleParts.Captions).Captions.Count));
    }

    private static string Karpathy(string[] splits, int captions, string? place)
    {
        var text = new StringBuilder("{\"images\": [");
        for (int i = 0; i < splits.Length; i++)
        {
            string sentences =
                string.Join(", ",
                    Enumerable.Range(0, captions)
                        .Select(k => $$"""{"tokens": ["c", "d"], "raw": "c{{i}}.{{k}}", "imgid": {{i}}, "sentid": {{k}}}"""));
            string path = place is null ? "" : $"\"filepath\": \"{place}\", ";
            text.Append(i > 0 ? ", " : "")
                .Append($$"""{{{path}}"sentids": [0, 1], "imgid": {{i}}, "sentences": [{{sentences}}], "split": "{{splits[i]}}", "filename": "{{i}}.jpg"}""");
        }

        return text.Append("], \"dataset\": \"x\"}").ToString();
    }
}
