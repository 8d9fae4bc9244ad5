using System.Text.Json.Nodes;
using CsAligner.Onnx.Unclip;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests.Unclip;

/// <summary>Whole pipelines over tiny graphs against the loop of make_unclip.py, and what they refuse.</summary>
public sealed class UnClipPipelineTests
{
    private const int Width = 12, Side = 16;

    [Theory]
    [InlineData("kandinsky22", UnClipKind.Kandinsky22)]
    [InlineData("karlo", UnClipKind.Karlo)]
    [InlineData("stable-unclip", UnClipKind.StableUnClip)]
    public void A_picture_is_the_scripts(string name, UnClipKind kind)
    {
        using var pipeline = UnClipPipeline.Load(Golden(name));
        Assert.Equal((kind, Width, Side, 5, 4.0),
            (pipeline.Kind, pipeline.EmbeddingSize, pipeline.ImageSize, pipeline.Steps, pipeline.Guidance));
        var noise = Npy.ReadTensor(Path.Combine(Golden(name), "noise.npy"));
        int used = 0, evaluations = 0;
        var pixels = pipeline.Make(
            Npy.ReadTensor(Path.Combine(Golden(name), "embedding.npy")),
            0,
            new UnClipOptions(),
            tensor =>
            {
                noise.Span.Slice(used, tensor.Length).CopyTo(tensor.Span);
                used += tensor.Length;
            },
            () => evaluations++);
        Assert.Equal((noise.Length, pipeline.Evaluations(1)), (used, evaluations));
        var expected = Npy.ReadTensor(Path.Combine(Golden(name), "picture.npy"));
        Assert.Equal(expected.Shape.ToArray(), pixels.Shape.ToArray());
        for (int i = 0; i < expected.Length; i++) Assert.InRange(Math.Abs(pixels.Span[i] - expected.Span[i]), 0, 1e-3f);
    }

    [Theory]
    [InlineData("kandinsky22")]
    [InlineData("karlo")]
    [InlineData("stable-unclip")]
    public void A_picture_depends_on_its_embedding_and_seed_alone(string name)
    {
        using var pipeline = UnClipPipeline.Load(Golden(name));
        var rows = Tensor.Normal(new RandomGenerator(3), 1, 3, Width);
        var all = Pictures(pipeline, rows, new UnClipOptions { Seed = 5, Count = 2 });
        Assert.Equal(6, all.Count);
        var alone = Pictures(pipeline, Tensor.From(rows.Span.Slice(Width, Width), 1, Width), new UnClipOptions { Seed = 5 });
        Assert.Equal(all[2], alone[0]);
        Assert.NotEqual(all[2], all[3]);
        Assert.NotEqual(all[0], all[2]);
        Assert.NotEqual(alone[0],
            Pictures(pipeline, Tensor.From(rows.Span.Slice(Width, Width), 1, Width), new UnClipOptions { Seed = 6 })[0]);
        var longer = Tensor.From(rows.Span.Slice(Width, Width), 1, Width);
        for (int i = 0; i < Width; i++) longer.Span[i] *= 2;
        Assert.Equal(alone[0], Pictures(pipeline, longer, new UnClipOptions { Seed = 5 }, PlainNoise(rows))[0]);
        Assert.NotEqual(alone[0], Pictures(pipeline, longer, new UnClipOptions { Seed = 5, Guidance = 1 }, PlainNoise(rows))[0]);
    }

    [Fact]
    public void Other_embeddings_and_steps_are_refused()
    {
        using var pipeline = UnClipPipeline.Load(Golden("karlo"));
        Assert.Contains(
            "The decoder takes embeddings of 12 values, but these have 768; use the model that it was trained with: a tiny CLIP",
            Refused(new Tensor(1, 768)), StringComparison.Ordinal);
        Assert.Contains("Embedding 0 has the length 0", Refused(new Tensor(1, Width)), StringComparison.Ordinal);
        Assert.Contains("1 steps do not suit this decoder; give 2 to 1000",
            Refused(Tensor.Normal(new RandomGenerator(3), 1, 1, Width), new UnClipOptions { Steps = 1 }), StringComparison.Ordinal);

        string Refused(Tensor rows, UnClipOptions? options = null) =>
            Assert.Throws<InputException>(() => pipeline.Run(rows, (_, _) => { }, options)).Message;
    }

    [Theory]
    [InlineData("kind", "\"dalle2\"", "kind is \"dalle2\", expected kandinsky22, karlo or stable-unclip")]
    [InlineData("format", "2", "format is 2, expected 1, the only one known")]
    [InlineData("embedding_size", "1280", "it has 12 values, expected 1280")]
    [InlineData("embedding_size", "null", "embedding_size is missing, expected a whole number from 1 to 16384")]
    [InlineData("unet", "\"../unet.onnx\"", "unet is \"../unet.onnx\", expected a file that 'files' in unclip.json lists")]
    [InlineData("negative", "null", "negative is missing, expected a .npy file")]
    [InlineData("sample_channels", "5", "cannot run this model")]
    [InlineData("image_size", "32", "output picture has the shape [1, 3, 16, 16], expected [1, 3, 32, 32]")]
    [InlineData("unet", "\"decoder.onnx\"", "it has no input 'sample'; its inputs are latent float32 [?, 4, 8, 8]")]
    public void A_folder_that_contradicts_itself_is_refused(string field, string value, string expected)
    {
        using var folder = Copy("kandinsky22");
        Change(folder, root => root[field] = JsonNode.Parse(value));
        Assert.Contains(expected, RefusedFolder(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_width_that_only_the_graph_knows_is_refused()
    {
        using var folder = Copy("stable-unclip");
        File.Delete(folder["unet.onnx"]);
        File.Copy(Path.Combine(Golden("karlo"), "unet.onnx"), folder["unet.onnx"]);
        Change(folder, root => root["files"]!["unet.onnx"] = new JsonObject());
        Assert.Contains("input image_embeds is 12 wide, but unclip.json says 24", RefusedFolder(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_a_changed_and_a_foreign_part_are_refused()
    {
        using var folder = Copy("kandinsky22");
        byte[] bytes = File.ReadAllBytes(folder["unet.onnx"]);
        bytes[^1] ^= 1;
        File.Delete(folder["unet.onnx"]);
        Assert.Contains("unet.onnx: this part of the decoder is missing", RefusedFolder(folder.Path), StringComparison.Ordinal);
        folder.Write("unet.onnx", bytes);
        Assert.Contains("unet.onnx: its SHA-256 is ", RefusedFolder(folder.Path), StringComparison.Ordinal);
        Change(folder, root => root["files"]!["../x"] = new JsonObject());
        Assert.Contains("lists '../x', which is no file of this folder", RefusedFolder(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_folder_and_too_little_memory_are_refused()
    {
        using var empty = new TemporaryFolder();
        Assert.Contains("it has no unclip.json; give a folder that export-unclip.py wrote", RefusedFolder(empty.Path),
            StringComparison.Ordinal);
        Assert.Contains("no such folder", RefusedFolder(empty["none"]), StringComparison.Ordinal);
        string message = Assert.Throws<InputException>(() => UnClipPipeline.Load(Golden("karlo"), new OnnxOptions(), 1000)).Message;
        Assert.Contains("of memory, and there are 0.0 GB; export with --float16", message, StringComparison.Ordinal);
        Assert.False(UnClipPipeline.Is(empty.Path));
        Assert.True(UnClipPipeline.Is(Golden("karlo")));
    }

    private static string Golden(string name) => Path.Combine(OnnxNeeds.Golden, "unclip", name);

    private static ulong[] PlainNoise(Tensor rows) =>
    [
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(System.Security.Cryptography.SHA256.HashData(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(rows.Span.Slice(Width, Width))))
    ];

    private static List<byte[]> Pictures(UnClipPipeline pipeline, Tensor rows, UnClipOptions options, ulong[]? noise = null)
    {
        List<byte[]> pictures = [];
        pipeline.Run(
            rows,
            (number, rgb) =>
            {
                Assert.Equal((pictures.Count, 3 * Side * Side), (number, rgb.Length));
                pictures.Add(rgb);
            },
            options,
            noise);
        return pictures;
    }

    private static TemporaryFolder Copy(string name)
    {
        var folder = new TemporaryFolder();
        foreach (string file in Directory.EnumerateFiles(Golden(name))) File.Copy(file, folder[Path.GetFileName(file)]);
        return folder;
    }

    private static void Change(TemporaryFolder folder, Action<JsonNode> change)
    {
        string path = folder["unclip.json"];
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        change(root);
        File.WriteAllText(path, root.ToJsonString());
    }

    private static string RefusedFolder(string folder)
    {
        string message = Assert.Throws<InputException>(() =>
        {
            using var pipeline = UnClipPipeline.Load(folder);
            pipeline.Run(Tensor.Normal(new RandomGenerator(3), 1, 1, pipeline.EmbeddingSize), (_, _) => { });
        }).Message;
        Assert.DoesNotContain('\n', message);
        Assert.InRange(message.Length, 40, 800);
        return message;
    }
}
