using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Data.Tests;
using CsAligner.Generation;
using CsAligner.Generation.Decoders;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>With the model that ships and a tiny decoder of random weights: which picture comes of what, not how good it is.</summary>
public sealed class GenerateVerbTests : IDisposable
{
    private const int Width = 192;

    private static readonly string Model = Path.Combine(Repository.Root, "models", "icon-clip");

    private readonly TemporaryFolder _folder = new();
    private readonly string _decoder;

    public GenerateVerbTests() => _decoder = TinyDecoder.Save(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_become_numbered_pictures_a_sheet_and_an_account()
    {
        CommandLineRun run = Made(
            "out", "red heart", "coffee", "star", "--count", "2", "--guidance", "1.5", "--sampler", "heun", "--seed", "7", "--json");
        Assert.Equal(["0000.png", "0001.png", "0002.png", "0003.png", "0004.png", "0005.png", "generate.json", "sheet.png"], Names("out"));
        byte[][] pictures = Pictures("out");
        Assert.All(pictures, picture => Assert.Equal((64, 64), SizeOf(picture)));
        Assert.Equal(6, pictures.Select(Convert.ToHexString).Distinct().Count());

        // A row for each text: two pictures side by side, three rows.
        Assert.Equal((4 + (2 * 68), 4 + (3 * 68)), SizeOf(File.ReadAllBytes(_folder["out/sheet.png"])));

        Assert.Equal(File.ReadAllText(_folder["out/generate.json"]).Trim(), run.Output.Trim());
        JsonElement json = run.Json;
        Assert.Equal(
            [
                "inputs", "model", "adapter", "decoder", "image_size", "count", "steps", "guidance", "sampler", "seed", "seconds",
                "peak_bytes", "versions", "hardware", "sheet", "pictures",
            ],
            json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(["red heart", "coffee", "star"], Texts(json.GetProperty("inputs").GetProperty("words")));
        Assert.Equal(3, json.GetProperty("inputs").GetProperty("rows").GetInt32());
        Assert.All(["images", "embeddings"], key => Assert.True(IsNull(json.GetProperty("inputs"), key)));
        (string, string)[] said = [("image_size", "64"), ("count", "2"), ("steps", "2"), ("guidance", "1.5"), ("sampler", "heun")];
        Assert.Equal(7UL, json.GetProperty("seed").GetUInt64());
        Assert.All(said, pair => Assert.Equal(pair.Item2, json.GetProperty(pair.Item1).ToString()));
        Assert.Equal(Names("out")[..6], Texts(json.GetProperty("pictures")));
        Assert.Equal((Model, HashOf(Path.Combine(Model, "model.safetensors"))), FileOf(json, "model"));
        Assert.Equal((_decoder, HashOf(Path.Combine(_decoder, "model.safetensors"))), FileOf(json, "decoder"));
        Assert.True(IsNull(json, "adapter"));
        Assert.NotEmpty(json.GetProperty("versions").GetProperty("csaligner").GetString()!);
        Assert.Contains("making pictures", run.Error);
        Assert.Contains("6 pictures, sheet.png and generate.json written", run.Error);
    }

    [Fact]
    public void Without_a_decoder_named_the_one_that_comes_along_makes_the_picture()
    {
        CommandLineRun run = CommandLineRun.Of(["generate", "red heart", "--steps", "4", "--out", _folder["out"], "--json"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(HashOf(Path.Combine(Repository.Root, "models", "icon-decoder", "model.safetensors")),
            FileOf(run.Json, "decoder").Item2);
        Assert.Equal((64, 64), SizeOf(File.ReadAllBytes(_folder["out/0000.png"])));
    }

    [Fact]
    public void A_picture_is_the_same_bits_whatever_is_beside_it_and_on_any_number_of_threads()
    {
        int threads = Compute.Threads;
        try
        {
            Compute.Threads = 1;
            Made("all", "red heart", "coffee", "battery charging vertical", "--count", "3");
            Compute.Threads = 2;
            Made("again", "red heart", "coffee", "battery charging vertical", "--count", "3");
        }
        finally
        {
            Compute.Threads = threads;
        }

        Made("one", "battery charging vertical", "--count", "3");
        Made("first", "battery charging vertical");
        Assert.Equal(Pictures("all"), Pictures("again"));
        Assert.Equal(Pictures("all")[6..], Pictures("one"));
        Assert.Equal(Pictures("one")[..1], Pictures("first"));
        Made("seed", "battery charging vertical", "--seed", "1");
        Assert.NotEqual(Pictures("first"), Pictures("seed"));
    }

    [Fact]
    public void Words_go_through_the_runs_adapter_and_begin_with_the_same_noise()
    {
        Made("plain", "red heart");
        SaveRun("still", text: 0, image: 0);
        SaveRun("moved", text: 0.5f, image: 0);
        Made("still-out", "red heart", "--adapter", _folder["still"]);
        CommandLineRun run = Made("moved-out", "red heart", "--adapter", _folder["moved"], "--json");
        Assert.Equal(Pictures("plain"), Pictures("still-out"));
        Assert.NotEqual(Pictures("plain"), Pictures("moved-out"));
        Assert.Equal((_folder["moved"], HashOf(_folder["moved/text-adapter.safetensors"])), FileOf(run.Json, "adapter"));
        Assert.DoesNotContain("note:", run.Error);

        // What takes no notice of embeddings shows the noise.
        string blind = TinyDecoder.Save(_folder, "blind", blind: true);
        Made("blind-plain", "red heart", "star", "--decoder", blind);
        Made("blind-moved", "red heart", "star", "--decoder", blind, "--adapter", _folder["moved"]);
        Assert.Equal(Pictures("blind-plain"), Pictures("blind-moved"));
        Assert.NotEqual(Pictures("blind-plain")[0], Pictures("blind-plain")[1]);

        SaveRun("both", text: 0.5f, image: 0.5f);
        Assert.Contains("note: ", Made("both-out", "red heart", "--adapter", _folder["both"]).Error);
    }

    [Fact]
    public void Pictures_become_variations()
    {
        byte[] red = [.. Enumerable.Range(0, 64 * 64).SelectMany(i => new byte[] { 220, (byte)(i / 64), 40 })];
        _folder.Write("red.png", PngFile.Encode(red, 64, 64));
        _folder.Write("copy.png", PngFile.Encode(red, 64, 64));
        _folder.Write("grey.png", PngFile.Encode([.. Enumerable.Repeat((byte)90, 3 * 40 * 30)], 40, 30));
        string[] files = [_folder["red.png"], _folder["grey.png"], _folder["copy.png"]];
        CommandLineRun run = Made("out", ["--json", .. files.SelectMany(file => new[] { "--image", file })]);
        Assert.Equal(files, Texts(run.Json.GetProperty("inputs").GetProperty("images")));
        byte[][] pictures = Pictures("out");
        Assert.Equal(pictures[0], pictures[2]);
        Assert.NotEqual(pictures[0], pictures[1]);

        // A run that trained texts alone leaves images where they are.
        SaveRun("texts", text: 0.5f, image: 0);
        SaveRun("images", text: 0, image: 0.5f);
        Made("with-texts", "--image", _folder["grey.png"], "--adapter", _folder["texts"]);
        Assert.Equal(pictures[1], Pictures("with-texts")[0]);
        Assert.Contains("note: ", Made("with-images", "--image", _folder["grey.png"], "--adapter", _folder["images"]).Error);
        Assert.NotEqual(pictures[1], Pictures("with-images")[0]);
        Refused("cannot read '" + _folder["none.png"], "--image", _folder["none.png"]);
        Refused("neither PNG, JPEG nor WebP", "--image", _folder.Write("text.png", "hello"u8));
    }

    [Fact]
    public void Embeddings_are_used_as_they_are()
    {
        Tensor rows = ClipEmbedder.Load(Model).EmbedTexts(["red heart", "coffee"], null, TestContext.Current.CancellationToken);
        for (int i = Width; i < 2 * Width; i++) rows.Span[i] *= 3;
        Npy.Write(_folder["rows.npy"], rows);
        CommandLineRun run = Made("out", "--embeddings", _folder["rows.npy"], "--json", "--count", "2");
        var expected = new List<byte[]>();
        new PictureGenerator(DiffusionDecoder.Load(_decoder), new GenerationOptions { Steps = 2, Count = 2 }).Run(
            rows, (_, rgb) => expected.Add(PngFile.Encode(rgb, 64, 64)), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected, Pictures("out"));
        JsonElement inputs = run.Json.GetProperty("inputs");
        Assert.Equal((_folder["rows.npy"], 2), (inputs.GetProperty("embeddings").GetString(), inputs.GetProperty("rows").GetInt32()));
        Assert.All(["model", "adapter"], key => Assert.True(IsNull(run.Json, key)));
    }

    [Fact]
    public void Words_are_data()
    {
        CommandLineRun run = Made("out", "@home", "$HOME", "-5 degrees", "-- a dash", "--json", "--", "--count", "-x");
        string[] words = ["@home", "$HOME", "-5 degrees", "-- a dash", "--count", "-x"];
        Assert.Equal(words, Texts(run.Json.GetProperty("inputs").GetProperty("words")));
    }

    [Fact]
    public void Options_that_do_not_go_together_are_wrong_usage()
    {
        Wrong("no input: give words, --image or --embeddings");
        Wrong("give one of the three", "star", "--image", "x.png");
        Wrong("give one of the three", "--embeddings", "x.npy", "--image", "x.png");
        Wrong("leave out --adapter", "--embeddings", "x.npy", "--adapter", "run");
        Wrong("leave out --model", "--embeddings", "x.npy", "--model", "icon-clip");
        Wrong("--sampler: expected euler or heun, got 'ddim'", "star", "--sampler", "ddim");
        Wrong("--steps: expected a whole number from 1 to 1000, got '0'", "star", "--steps", "0");
        Wrong("--steps", "star", "--steps", "1001");
        Wrong("--count: expected a whole number from 1 to 10000", "star", "--count", "10001");
        Wrong("--guidance: expected a number from 0 up to 20, got '21'", "star", "--guidance", "21");
        Wrong("--guidance", "star", "--guidance", "NaN");
        Wrong("unknown option '--guidence', and words that look like options go after --; did you mean '--guidance'?", "star",
            "--guidence", "3");

        void Wrong(string expected, params string[] arguments)
        {
            CommandLineRun run = CommandLineRun.Of(["generate", "--decoder", _decoder, "--out", _folder["wrong"], .. arguments]);
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.Contains(expected, run.Error);
            Assert.False(Directory.Exists(_folder["wrong"]));
        }
    }

    [Fact]
    public void What_cannot_be_made_is_one_line_and_nothing_is_written()
    {
        string narrow = TinyDecoder.Save(_folder, "narrow", width: 8);
        Npy.Write(_folder["rows.npy"], Tensor.From([.. Enumerable.Repeat(1f, 8), .. new float[8]], 2, 8));
        Refused($"decoder '{narrow}' makes pictures of embeddings of 8 values, model '{Model}' gives 192", "star", "--decoder", narrow);
        string rows = _folder["rows.npy"];
        Refused($"makes pictures of embeddings of {Width} values, '{rows}' has 8", "--embeddings", rows);
        Refused($"cannot use '{rows}': row 1 is all zeros", "--embeddings", rows, "--decoder", narrow);
        Refused("there is no such file", "--embeddings", _folder["none.npy"]);
        Refused("none': there is no such folder; --decoder takes a folder that csalign pretrain wrote", "star", "--decoder",
            _folder["none"]);
        Refused("config.json: no such file", "star", "--decoder", Directory.CreateDirectory(_folder["empty"]).FullName);
        Refused("there is no such folder; --adapter takes a folder that csalign align wrote", "star", "--adapter", _folder["none"]);
        Refused("no such folder", "star", "--model", _folder["none"]);
        Directory.CreateDirectory(_folder["wide"]);
        new IdentityAdapter(new Tensor(7)).Save(_folder["wide/text-adapter.safetensors"]);
        Refused("cannot map 'the words' by", "star", "--adapter", _folder["wide"]);
        File.WriteAllText(Path.Combine(narrow, "model.safetensors"), "torn");
        Refused("model.safetensors", "star", "--decoder", narrow);
    }

    [Theory]
    [InlineData("generate.json")]
    [InlineData("sheet.png")]
    [InlineData("0000.png")]
    [InlineData("12345.png")]
    public void Pictures_of_an_earlier_run_are_neither_lost_nor_mixed(string name)
    {
        Directory.CreateDirectory(_folder["out"]);
        _folder.Write($"out/{name}", "before"u8);
        CommandLineRun run = Run("out", "star");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            $"csalign: '{_folder["out"]}' already has pictures ({name}): new ones would mix with them; give another --out",
            run.ErrorLine);
        Assert.Equal([name], Names("out"));
        Assert.Equal("before", File.ReadAllText(_folder[$"out/{name}"]));
    }

    [Fact]
    public void What_else_a_folder_holds_stays()
    {
        Directory.CreateDirectory(_folder["out"]);
        foreach (string name in (string[])["notes.txt", "photo.png", "001.png"]) _folder.Write($"out/{name}", "before"u8);
        Made("out", "star");
        Assert.Equal(["0000.png", "001.png", "generate.json", "notes.txt", "photo.png", "sheet.png"], Names("out"));
        Assert.Equal("before", File.ReadAllText(_folder["out/001.png"]));
    }

    [Fact]
    public async Task A_stopped_run_leaves_whole_pictures_only()
    {
        using var stop = new CancellationTokenSource();
        CommandLineRun run = await CommandLineRun.OfAsync(
            ["generate", "star", "--decoder", _decoder, "--steps", "2", "--count", "200", "--out", _folder["out"]],
            stop.Token,
            line =>
            {
                // In the middle of the second batch.
                if (line.StartsWith($"making pictures {3 * TinyDecoder.BatchSize}/", StringComparison.Ordinal)) stop.Cancel();
            });
        Assert.Equal((130, ""), (run.ExitCode, run.Output));
        Assert.Contains($"csalign: stopped; the first {TinyDecoder.BatchSize} pictures are in", run.Error);
        Assert.Equal(Enumerable.Range(0, TinyDecoder.BatchSize).Select(i => $"{i:0000}.png"), Names("out"));
        Made("whole", "star", "--count", $"{TinyDecoder.BatchSize}");
        Assert.Equal(Pictures("whole"), Pictures("out"));
        Assert.Contains("already has pictures", Run("out", "star").ErrorLine);
    }

    // Options come before the words' end: after -- all are words.
    private CommandLineRun Run(string output, params string[] arguments)
    {
        string[] decoder = arguments.Contains("--decoder") ? [] : ["--decoder", _decoder];
        string[] model = arguments.Contains("--model") || arguments.Contains("--embeddings") ? [] : ["--model", Model];
        return CommandLineRun.Of(["generate", .. decoder, .. model, "--steps", "2", "--out", _folder[output], .. arguments]);
    }

    private CommandLineRun Made(string output, params string[] arguments)
    {
        CommandLineRun run = Run(output, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private void Refused(string expected, params string[] arguments)
    {
        CommandLineRun run = Run("refused", arguments);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.ErrorLine);
        Assert.False(Directory.Exists(_folder["refused"]));
    }

    private void SaveRun(string name, float text, float image)
    {
        Directory.CreateDirectory(_folder[name]);
        new IdentityAdapter(Shift(text)).Save(_folder[$"{name}/text-adapter.safetensors"]);
        new IdentityAdapter(Shift(image)).Save(_folder[$"{name}/image-adapter.safetensors"]);

        static Tensor Shift(float size) => Tensor.From([.. Enumerable.Range(0, Width).Select(d => d % 2 == 0 ? size : -size)], Width);
    }

    private string[] Names(string output) =>
        [.. Directory.EnumerateFileSystemEntries(_folder[output]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private byte[][] Pictures(string output) =>
        [.. Names(output).Where(name => char.IsAsciiDigit(name[0])).Select(name => File.ReadAllBytes(Path.Combine(_folder[output], name)))];

    private static (int Width, int Height) SizeOf(byte[] png) =>
        (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private static (string?, string?) FileOf(JsonElement json, string key) =>
        (json.GetProperty(key).GetProperty("path").GetString(), json.GetProperty(key).GetProperty("sha256").GetString());

    private static bool IsNull(JsonElement json, string key) => json.GetProperty(key).ValueKind == JsonValueKind.Null;

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(text => text.GetString()!);
}
