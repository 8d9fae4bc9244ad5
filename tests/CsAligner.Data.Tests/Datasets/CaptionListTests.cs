using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class CaptionListTests
{
    [Theory]
    [InlineData("captions.tsv", "a.png\ta dog\nb.png\ta, \"cat\"\n", "a dog/a, \"cat\"")]
    [InlineData("captions.tsv", "image\tcaption\na.png\ta dog\nb.png\ta cat", "a dog/a cat")]
    [InlineData("captions.txt", "image,caption\na.png,A dog .\na.png,\"A dog, running\"\nb.png,\"A \"\"cat\"\"\"\n",
        "A dog .|A dog, running/A \"cat\"")]
    [InlineData("captions.csv", "id,filepath,title\n1,a.png,\"two\nlines\"\n2,b.png,x\r\n", "two lines/x")]
    [InlineData("captions.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a dog\"}\n{\"image\": \"b.png\", \"captions\": [\"x\", \"y\"]}\n",
        "a dog/x|y")]
    [InlineData("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\"}\n{\"file_name\": \"b.png\", \"text\": \"b\"}", "a/b")]
    [InlineData("results.csv", "image_name| comment_number| comment\na.png| 0| Two | dogs .\nb.png| 0| x\n", "Two | dogs ./x")]
    [InlineData("results_20130124.token", "a.png#0\tone\na.png#1\ttwo\nb.png#0\tthree\n", "one|two/three")]
    [InlineData("captions.tsv", "a.png\tone\nb.png\ttwo\na.png\tthree\n", "one|three/two")]
    [InlineData("captions.jsonl",
        "{\"image\": \"a.png\", \"captions\": [\"x\", null, \"\", \"y\"], \"score\": NaN}\r\n"
            + "{\"image\": \"b.png\", \"captions\": null, \"text\": \"z\"}\r\n\r\n", "x|y/z")]
    [InlineData("captions.jsonl",
        "\uFEFF{\"image\": \"a.png\", \"captions\": \"x\",}\n"
            + "{\"image\": \"b.png\", \"caption\": [\"y\"], \"w\": [Infinity, -Infinity]} // ok\n \n\n", "x/y")]
    [InlineData("captions.tsv", "a.png\tone\r\nb.png\ttwo\r\n\r\n\n", "one/two")]
    [InlineData("captions.csv", "\uFEFFimage,caption\r\na.png , one\r\nb.png,two\r\n\r\n", "one/two")]
    public void Lists_as_people_have_them_are_read(string name, string text, string captions)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        folder.Write("b.png", [2]);
        File.WriteAllText(folder[name], text);
        foreach (string data in (string[])[folder.Path, folder[name], $"list:{folder[name]}"])
        {
            using SampleSource source = Dataset.Open(data);
            Sample[] samples = [.. source.ReadAll().Select(entry => entry.Load(SampleParts.Image | SampleParts.Captions))];
            Assert.Equal(["a.png", "b.png"], samples.Select(s => s.Key));
            Assert.Equal(captions, string.Join('/', samples.Select(s => string.Join('|', s.Captions))));
            Assert.Equal([1, 2], samples.Select(s => (int)s.Image.Span[0]));
        }
    }

    [Fact]
    public void Bad_lines_are_samples_that_throw_and_the_others_are_read()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        byte[] list =
            [.. "a.png\tone\n\nb.png\ttwo\n../a.png\tx\n/etc/passwd\tx\na.png\ta\tb\na.png\t \n"u8, .. "a.png\tcaf"u8, 0xE9, .. "\n"u8,
                .. new byte[(1 << 20) + 5].Select(_ => (byte)'x'), .. "\na.png\tlast\n"u8];
        folder.Write("captions.tsv", list);
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected =
            ["one|last", "line 2 is empty", "line 3 names 'b.png', but there is no such file",
                "line 4 names '../a.png', which is outside", "line 5 names '/etc/passwd', which is outside", "line 6 has 3 fields",
                "line 7 has an empty caption", "line 8 is not UTF-8", "line 9 is longer than 1048576 bytes"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
    }

    [Fact]
    public void Json_lines_that_are_no_captions_are_named_by_line()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        File.WriteAllLines(folder["captions.jsonl"], [
            """{"image": "a.png", "caption": "one"}""", """{"image": "a.png", "captions": [null, ""]}""",
            """{"image": "a.png", "captions": [1, 2]}""", """{"image": "a.png", "caption": NaN}""",
            """{"image": NaN, "caption": "x"}""", """{"image": "a.png", "caption": nan}""", "", """{"image": "a.png", "text": "two"}"""]);
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected =
            ["one|two", "line 2 has no caption", "line 3 has no caption", "line 4 has no caption", "line 5 names no image",
                "line 6 is not a JSON object", "line 7 is empty"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
    }

    [Fact]
    public void Utf_16_is_one_line_that_says_so()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["captions.tsv", "captions.jsonl", "texts.txt"])
        {
            foreach (System.Text.Encoding encoding in (System.Text.Encoding[])[System.Text.Encoding.Unicode,
                System.Text.Encoding.BigEndianUnicode])
            {
                File.WriteAllText(folder[name], "a.png\tone\n", encoding);
                Assert.Contains($"{name}': it is UTF-16", Assert.Throws<InputException>(() => Dataset.Open(folder[name])).Message,
                    StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("captions.jsonl", "a\tb.png", "{\"image\": \"a\\tb.png\", \"caption\": \"x\"}")]
    [InlineData("captions.jsonl", "a\nb.png", "{\"image\": \"a\\nb.png\", \"caption\": \"x\"}")]
    [InlineData("captions.jsonl", " a .png", "{\"image\": \" a .png\", \"caption\": \"x\"}")]
    [InlineData("captions.jsonl", "a\\b.png", "{\"image\": \"a\\\\b.png\", \"caption\": \"x\"}")]
    [InlineData("captions.csv", "a,\"b\".png", "image,caption\n\"a,\"\"b\"\".png\",x")]
    [InlineData("captions.csv", "a\nb.png", "image,caption\n\"a\nb.png\",x")]
    [InlineData("captions.csv", " a.png", "image,caption\n\" a.png\",x")]
    [InlineData("captions.tsv", " a.png ", " a.png \tx")]
    [InlineData("captions.tsv", "a\"b,c'.png", "a\"b,c'.png\tx")]
    [InlineData("captions.tsv", "a\\b.png", "a\\b.png\tx")]
    public void Names_with_separators_are_those_of_the_disk(string list, string name, string text)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "such names cannot be made");
        using var folder = new TemporaryFolder();
        folder.Write(name, [7]);
        File.WriteAllText(folder[list], text);
        using SampleSource source = Dataset.Open(folder.Path);
        Sample sample = Assert.Single(source.ReadAll()).Load(SampleParts.Image | SampleParts.Captions);
        Assert.Equal((name, "x", 7), (sample.Key, Assert.Single(sample.Captions), (int)sample.Image.Span[0]));
    }

    [Fact]
    public void Names_are_found_in_either_form_of_unicode_and_with_the_slashes_of_windows()
    {
        const string composed = "größe/caf\u00e9 \ud55c.png", decomposed = "gro\u0308ße/cafe\u0301 \u1112\u1161\u11ab.png";
        foreach ((string onDisk, string inList) in ((string, string)[])[(composed, decomposed), (decomposed, composed),
            ("größe/b.png", "größe\\b.png"), ("x/b.png", "x\\b.png")])
        {
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(Path.GetDirectoryName(folder[onDisk])!);
            folder.Write(onDisk, [7]);
            string json = System.Text.Json.JsonSerializer.Serialize(inList);
            File.WriteAllText(folder["captions.tsv"], $"{inList}\tx\n");
            File.WriteAllText(folder["list.jsonl"], $"{{\"image\": {json}, \"caption\": \"x\"}}");
            File.WriteAllText(folder["coco.json"],
                $"{{\"images\": [{{\"id\": 1, \"file_name\": {json}}}], \"annotations\": [{{\"image_id\": 1, \"id\": 1, \"caption\": "
                    + $"\"x\"}}]}}");
            File.WriteAllText(folder["karpathy.json"],
                $"{{\"images\": [{{\"split\": \"test\", \"filename\": {json}, \"sentences\": [{{\"raw\": null}}, {{\"raw\": \"x\", \"n\": "
                    + $"NaN}}]}}]}}");
            foreach (string name in (string[])[folder.Path, folder["list.jsonl"], folder["coco.json"],
                $"karpathy:{folder["karpathy.json"]}:test"])
            {
                using SampleSource source = Dataset.Open(name);
                SampleEntry entry = Assert.Single(source.ReadAll());
                entry.Check(SampleParts.Image | SampleParts.Captions);
                Assert.Equal((7, "x"),
                    ((int)entry.Load(SampleParts.Image).Image.Span[0], Assert.Single(entry.Load(SampleParts.Captions).Captions)));
            }
        }
    }

    [Fact]
    public void A_name_that_is_there_as_written_means_that_file_and_a_doubtful_one_none()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "names in two forms cannot stand side by side");
        using var folder = new TemporaryFolder();
        folder.Write("\u00e9.png", [1]);
        folder.Write("e\u0301.png", [2]);
        // Two marks in their two orders and the letter with one of them: three names that say the same.
        folder.Write("a\u0323\u0302.png", [3]);
        folder.Write("\u1ea1\u0302.png", [4]);
        File.WriteAllText(folder["captions.tsv"], "e\u0301.png\tx\n\u00e9.png\ty\na\u0302\u0323.png\tz\n..\\secret.png\tw\n");
        using SampleSource source = Dataset.Open(folder.Path);
        SampleEntry[] entries = [.. source.ReadAll()];
        Assert.Equal([2, 1], entries[..2].Select(entry => (int)entry.Load(SampleParts.Image).Image.Span[0]));
        Assert.Contains("no such file", Assert.Throws<InputException>(() => entries[2].Load(SampleParts.Image)).Message,
            StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => entries[3].Load(SampleParts.Image)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_quote_that_is_not_closed_does_not_swallow_the_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        File.WriteAllText(folder["captions.csv"],
            "image,caption\na.png,\"open\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"a.png,text {i}\n")));
        using SampleSource source = Dataset.Open(folder.Path);
        SampleEntry[] entries = [.. source.ReadAll()];
        Assert.Contains("unclosed quote", WebDatasetTests.Outcome(entries[0]), StringComparison.Ordinal);
        Assert.Equal(200, entries[1].Load(SampleParts.Captions).Captions.Count);
    }

    [Fact]
    public void Links_that_lead_to_devices_and_pictures_that_are_folders_are_bad()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs links");
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["zero.png"], "/dev/zero");
        Directory.CreateDirectory(folder["folder.png"]);
        File.WriteAllText(folder["captions.tsv"], "zero.png\tx\nfolder.png\ty\n");
        using SampleSource source = Dataset.Open(folder.Path);
        Assert.All(source.ReadAll(), entry => Assert.True(entry.Load(SampleParts.Captions).Captions.Count == 1 && Ends(entry)));

        // An endless device is an empty file at most, which no decoder takes.
        static bool Ends(SampleEntry entry)
        {
            try
            {
                return entry.Load(SampleParts.Image).Image.IsEmpty;
            }
            catch (InputException)
            {
                return true;
            }
        }
    }

    [Theory]
    [InlineData("captions.tsv", "", "the file is empty")]
    [InlineData("captions.csv", "a,b,c\n1,2,3\n", "line 1 has the columns 'a', 'b', 'c' between commas")]
    [InlineData("other.tsv", "x\ty\n", "it has no captions.tsv, nor captions.csv")]
    public void A_list_that_is_none_is_an_error(string name, string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[name], text);
        Assert.Contains(expected, Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_may_lie_in_another_folder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["images"]);
        folder.Write("images/a.png", [7]);
        File.WriteAllText(folder["list.tsv"], "a.png\tone\n");
        using SampleSource source = Dataset.Open(folder["list.tsv"], folder["images"]);
        Assert.Equal(7, Assert.Single(source.ReadAll()).Load(SampleParts.Image).Image.Span[0]);
        Assert.Contains("check the path", Assert.Throws<InputException>(() => Dataset.Open(folder["list.tsv"], folder["none"])).Message,
            StringComparison.Ordinal);
    }
}
