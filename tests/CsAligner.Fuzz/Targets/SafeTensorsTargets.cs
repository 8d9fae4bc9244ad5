using CsAligner.Adapters;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Fuzz.Targets;

/// <summary>safetensors: a file, shards with their index, and what is kept in such files.</summary>
internal static class SafeTensorsTargets
{
    private const string Single = "x.safetensors";

    private static readonly string[] LoraFiles = [ClipLora.ConfigFile, ClipLora.WeightsFile];

    private static readonly ClipConfig Tiny = new()
    {
        ProjectionWidth = 8,
        Text = new TransformerConfig { Width = 8, MlpWidth = 16, Layers = 1, Heads = 2 },
        Vision = new TransformerConfig { Width = 8, MlpWidth = 16, Layers = 1, Heads = 2 },
        VocabularySize = 520,
        ContextLength = 8,
        EndToken = 519,
        ImageSize = 16,
        PatchSize = 8,
    };

    private static readonly Lazy<ClipModel> Model = new(() => ClipModel.Create(Tiny, new RandomGenerator(1)));

    public static FuzzTarget File { get; } = new()
    {
        Name = "safetensors",
        Files = [Single],
        Run = folder =>
        {
            using var file = SafeTensorsFile.Open(Path.Combine(folder, Single));
            foreach (string name in file.Names) Read(file, name);
        },
        Words = ["F16", "BF16", "F32", "F64", "I64", "I32", "U8", "BOOL", "I8", "F8_E4M3", "F4", "F6_E2M3", "C64", "U16", "__metadata__"],
        Seeds = () =>
            [SeedFolder.Of([Single], folder => WriteAll(Path.Combine(folder, Single))), [[2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']]],
    };

    public static FuzzTarget Shards { get; } = new()
    {
        Name = "safetensors-shards",
        Files = ["model.safetensors.index.json", "a.safetensors", "b.safetensors"],
        Run = folder =>
        {
            using var set = SafeTensorsSet.Open(folder);
            foreach (string name in set.Names)
            {
                FuzzTarget.Require(set.TryGetFile(name, out var file), "a name has its file");
                FuzzTarget.Require(file!.Contains(name), "the file has the name");
                Read(file, name);
            }
        },
        Seeds = () =>
        [
            SeedFolder.Of(["model.safetensors.index.json", "a.safetensors", "b.safetensors"], folder =>
            {
                Write(Path.Combine(folder, "a.safetensors"), ("x", [2, 3]), ("y", [4]));
                Write(Path.Combine(folder, "b.safetensors"), ("z", [1]));
                System.IO.File.WriteAllText(
                    Path.Combine(folder, "model.safetensors.index.json"),
                    """{"metadata":{"total_size":44},"weight_map":{"x":"a.safetensors","y":"a.safetensors","z":"b.safetensors"}}""");
            }),
        ],
    };

    public static FuzzTarget Adapter { get; } = new()
    {
        Name = "adapter",
        Files = [Single],
        Run = folder =>
        {
            var adapter = Adapters.Adapter.Load(Path.Combine(folder, Single));
            if (adapter.Width is < 1 or > 64 || adapter.OutputWidth > 64 || adapter.ParameterCount > 10_000) return;
            var rows = Tensor.Normal(new RandomGenerator(1), 1, 2, adapter.Width);
            Tensor mapped = adapter.Apply(rows);
            FuzzTarget.Require(mapped.Rows == 2 && mapped.Width == adapter.OutputWidth, "two rows of its width");
        },
        Words = [.. AdapterKinds.BuiltIn.Names, "csaligner-adapter", "format_version"],
        Seeds = () => AdapterKinds.BuiltIn.All.Select(kind => SeedFolder.Of([Single], folder =>
            kind.Create(new AdapterStart(new Tensor(4), 4, Size: 4, Layers: 1, new RandomGenerator(1)))
                .Save(Path.Combine(folder, Single)))),
    };

    public static FuzzTarget Lora { get; } = new()
    {
        Name = "lora",
        Files = LoraFiles,
        Run = folder =>
        {
            var lora = ClipLora.Load(Model.Value, folder);
            FuzzTarget.Require(lora.ParameterCount > 0, "it has parameters");
            lora.Detach();
        },
        Words = ["text_model", "vision_model", "q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "use_rslora", "use_dora"],
        Seeds = () =>
            ((string[])["text:r=1,modules=q_proj", "image:r=2,alpha=4,modules=fc1+v_proj"]).Select(options =>
                SeedFolder.Of(LoraFiles, folder =>
        {
            var lora = ClipLora.Attach(Model.Value, LoraOptions.Parse(options), new RandomGenerator(1));
            lora.Save(folder, "tiny");
            lora.Detach();
        })),
    };

    private static void Read(SafeTensorsFile file, string name)
    {
        var info = file.Info(name);
        if (info.ElementType == ElementType.Other)
        {
            // Told apart when it is read, not when the file is opened: others of its tensors may be what is wanted.
            try
            {
                file.ReadTensor(name);
            }
            catch (InputException)
            {
                return;
            }
        }

        Tensor values = file.ReadTensor(name);
        FuzzTarget.Require(values.Length == info.Count, "as many values as the shape says");
        FuzzTarget.Require(file.ReadDoubles(name).Length == values.Length, "as many in float64");
        if (info.ElementType is ElementType.Int64 or ElementType.Int32 or ElementType.UInt8 or ElementType.Bool) file.ReadInt64(name);
    }

    private static void WriteAll(string path)
    {
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "pt");
        var values = Tensor.Normal(new RandomGenerator(1), 1, 2, 3);
        writer.Add("a", values);
        writer.Add("b", values, ElementType.Float16);
        writer.Add("c", values, ElementType.BFloat16);
        writer.Add("d", new double[] { 1, 2 }, 2);
        writer.Add("e", new long[] { 1, 2, 3 }, 3);
        writer.Write(path);
    }

    private static void Write(string path, params (string Name, int[] Shape)[] tensors)
    {
        var writer = new SafeTensorsWriter();
        foreach (var (name, shape) in tensors) writer.Add(name, new Tensor(shape));
        writer.Write(path);
    }
}
