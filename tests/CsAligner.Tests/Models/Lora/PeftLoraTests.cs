using System.Text.Json.Nodes;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models.Lora;

/// <summary>PEFT's folders, computed as PEFT computes them; a setting that is not supported is named, never ignored.</summary>
public sealed class PeftLoraTests : IDisposable
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "lora"),
        Tiny = Path.Combine(AppContext.BaseDirectory, "Golden", "clip-tiny");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(Golden).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_folder_of_PEFTs_gives_the_features_of_PEFT_attached_merged_and_saved_again(string name)
    {
        var expected = new GoldenFile("lora/golden.safetensors");
        var model = ClipModel.Load(Tiny);
        var lora = ClipLora.Load(model, Path.Combine(Golden, name));
        Near(expected, name, model);
        lora.Save(_folder.Path, "clip-tiny");
        lora.Merge();
        Near(expected, name, model);

        var again = ClipModel.Load(Tiny);
        ClipLora.Load(again, _folder.Path);
        Near(expected, name, again);
    }

    [Theory]
    [InlineData("use_dora", "true")]
    [InlineData("use_qalora", "true")]
    [InlineData("use_bdlora", "{\"target_modules_bd_a\": []}")]
    [InlineData("lora_bias", "true")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("bias", "\"all\"")]
    [InlineData("bias", "\"lora_only\"")]
    [InlineData("modules_to_save", "[\"text_projection\"]")]
    [InlineData("layer_replication", "[[0, 2]]")]
    [InlineData("target_parameters", "[\"mlp.weight\"]")]
    [InlineData("trainable_token_indices", "[1, 2]")]
    [InlineData("alora_invocation_tokens", "[5]")]
    [InlineData("arrow_config", "{\"top_k\": 3}")]
    [InlineData("corda_config", "{\"corda_method\": \"ipm\"}")]
    [InlineData("lora_ga_config", "{\"direction\": \"ArB2r\"}")]
    [InlineData("loftq_config", "{\"loftq_bits\": 4}")]
    [InlineData("megatron_config", "{\"a\": 1}")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"")]
    [InlineData("init_lora_weights", "\"olora\"")]
    [InlineData("init_lora_weights", "\"corda\"")]
    [InlineData("init_lora_weights", "\"loftq\"")]
    [InlineData("init_lora_weights", "\"of_next_year\"")]
    [InlineData("of_next_year", "true")]
    [InlineData("of_next_year", "1")]
    [InlineData("use_rslora", "\"yes\"")]
    [InlineData("alpha_pattern", "[1]")]
    [InlineData("alpha_pattern", "{\"q_proj\": \"x\"}")]
    [InlineData("rank_pattern", "{\"q_proj\": 0}")]
    [InlineData("rank_pattern", "{\"(\": 2}")]
    [InlineData("target_modules", "\"(\"")]
    [InlineData("target_modules", "null")]
    [InlineData("target_modules", "[7]")]
    [InlineData("target_modules", "[\"embeddings\"]")]
    [InlineData("target_modules", "[\"nowhere\"]")]
    [InlineData("target_modules", "\".*\"")]
    [InlineData("layers_pattern", "\"layers\"")]
    [InlineData("layers_to_transform", "[\"0\"]")]
    [InlineData("exclude_modules", "3")]
    [InlineData("peft_type", "\"LOHA\"")]
    public void A_setting_that_would_change_the_result_is_named(string key, string value)
    {
        Change("names-in-both-towers", key, value);
        var model = ClipModel.Load(Tiny);
        string message = Assert.Throws<InputException>(() => ClipLora.Load(model, _folder.Path)).Message;
        Assert.Contains(key, message, StringComparison.Ordinal);
        Assert.Contains("adapter_config.json", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);

        // Nothing of it stays behind in the model.
        using var tape = Tape.Inference();
        Assert.Equal(Text(ClipModel.Load(Tiny), tape), Text(model, tape));
    }

    [Theory]
    [InlineData("use_dora", "false")]
    [InlineData("of_next_year", "null")]
    [InlineData("of_next_year", "false")]
    [InlineData("of_next_year", "{}")]
    [InlineData("init_lora_weights", "\"eva\"")]
    [InlineData("init_lora_weights", "false")]
    [InlineData("runtime_config", "{\"ephemeral_gpu_offload\": false}")]
    [InlineData("lora_dropout", "0.9")]
    [InlineData("peft_version", "\"0.19.1\"")]
    [InlineData("ensure_weight_tying", "true")]
    [InlineData("task_type", "\"FEATURE_EXTRACTION\"")]
    [InlineData("auto_mapping", "{\"base_model_class\": \"CLIPModel\", \"parent_library\": \"transformers.models.clip.modeling_clip\"}")]
    public void A_setting_that_changes_nothing_is_let_through(string key, string value)
    {
        Change("names-in-both-towers", key, value);
        var model = ClipModel.Load(Tiny);
        ClipLora.Load(model, _folder.Path);
        Near(new GoldenFile("lora/golden.safetensors"), "names-in-both-towers", model);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void Weights_that_are_not_finite_are_named(float value, string shown)
    {
        _folder.CopyFrom(Path.Combine(Golden, "projections"));
        const string Name = "base_model.model.visual_projection.lora_B.weight";
        Rewrite(_folder["adapter_model.safetensors"], Name, value);
        string message = Assert.Throws<InputException>(() => ClipLora.Load(ClipModel.Load(Tiny), _folder.Path)).Message;
        Assert.Contains($"tensor '{Name}' holds {shown} (value 5)", message, StringComparison.Ordinal);
        Assert.Contains("adapter_model.safetensors", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_that_are_missing_within_a_tower_are_named_and_so_are_tensors_that_nobody_asked_for()
    {
        _folder.CopyFrom(Path.Combine(Golden, "names-in-both-towers"));
        Change("names-in-both-towers", "target_modules", "[\"q_proj\", \"v_proj\", \"k_proj\"]");
        Assert.Contains("k_proj.lora_A.weight\" is missing",
            Assert.Throws<InputException>(() => ClipLora.Load(ClipModel.Load(Tiny), _folder.Path)).Message, StringComparison.Ordinal);
        Change("names-in-both-towers", "target_modules", "[\"q_proj\"]");
        Assert.Contains("v_proj.lora_A.weight\" belongs to no module",
            Assert.Throws<InputException>(() => ClipLora.Load(ClipModel.Load(Tiny), _folder.Path)).Message, StringComparison.Ordinal);
    }

    internal static void Rewrite(string path, string tensor, float value)
    {
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(path))
        {
            foreach (var (key, text) in file.Metadata) writer.SetMetadata(key, text);
            foreach (string name in file.Names)
            {
                var values = file.ReadTensor(name);
                if (name == tensor) values.Span[Math.Min(5, values.Length - 1)] = value;
                writer.Add(name, values);
            }
        }

        writer.Write(path);
    }

    private void Change(string name, string key, string value)
    {
        _folder.CopyFrom(Path.Combine(Golden, name));
        var config = JsonNode.Parse(File.ReadAllText(_folder["adapter_config.json"]))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder["adapter_config.json"], config.ToJsonString());
    }

    private static float[] Text(ClipModel model, Tape tape)
    {
        using var golden = SafeTensorsFile.Open(Path.Combine(Tiny, "golden.safetensors"));
        return model.Text.Encode(tape, [.. golden.ReadInt64("input_ids").Select(id => (int)id)], 6).Span.ToArray();
    }

    // Float32 against float64, of features whose largest values are some units.
    private static void Near(GoldenFile expected, string name, ClipModel model)
    {
        var golden = new GoldenFile("clip-tiny/golden.safetensors");
        using var tape = Tape.Inference();
        Same(expected.Values(name + ".text"), Text(model, tape));
        Same(expected.Values(name + ".image"),
            model.Vision.Encode(tape, Tensor.From(golden.Floats("pixel_values"), golden.Shape("pixel_values"))).Span.ToArray());

        static void Same(double[] expected, float[] actual)
        {
            double tolerance = 2e-5 * expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
