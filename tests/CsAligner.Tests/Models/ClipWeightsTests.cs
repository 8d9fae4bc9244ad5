using System.Text.Json.Nodes;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tests.Models;

/// <summary>The ways in which published folders store weights: types, shards and their list.</summary>
public sealed class ClipWeightsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "clip-tiny");

    [Fact]
    public void Shards_load_to_the_same_model()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder, ElementType.Float32);
        AssertSame(ClipModel.Load(Folder), ClipModel.Load(folder.Path), tolerance: 0);
    }

    [Theory]
    [InlineData(ElementType.Float16, 5e-4)]
    [InlineData(ElementType.BFloat16, 4e-3)]
    [InlineData(ElementType.Float64, 0)]
    public void Other_types_load_to_their_rounding(ElementType type, double tolerance)
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder, type);
        var loaded = ClipModel.Load(folder.Path);
        AssertSame(ClipModel.Load(Folder), loaded, tolerance);
        using var tape = Tape.Inference();
        var golden = new GoldenFile("clip-tiny/golden.safetensors");
        var features = loaded.Vision.Encode(tape, Tensor.From(golden.Floats("pixel_values"), golden.Shape("pixel_values")));
        double[] expected = golden.Values("image_embeds");
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], features.Span[i], 1e-4 + (10 * tolerance * expected.Max(Math.Abs)));
    }

    [Fact]
    public void A_single_file_counts_where_shards_lie_beside_it()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder, ElementType.BFloat16);
        File.Copy(Path.Combine(Folder, "model.safetensors"), folder["model.safetensors"]);
        AssertSame(ClipModel.Load(Folder), ClipModel.Load(folder.Path), tolerance: 0);
    }

    [Fact]
    public void A_list_that_does_not_fit_its_shards_is_refused()
    {
        const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors", Scale = "logit_scale";
        Refused("names the shard 'model-00002-of-00002.safetensors', which is not in the same folder", f => File.Delete(f[Second]));
        Refused("the name of a .safetensors file beside the list was expected", f => Map(f, map => map[Scale] = "../" + First));
        Refused("the name of a .safetensors file beside the list was expected", f => Map(f, map => map[Scale] = "/etc/passwd"));
        Refused("the name of a .safetensors file beside the list was expected", f => Map(f, map => map[Scale] = "x\\y.safetensors"));
        Refused("the name of a .safetensors file beside the list was expected", f => Map(f, map => map[Scale] = ".."));
        Refused("is in 7", f => Map(f, map => map[Scale] = 7));
        Refused("is in null", f => Map(f, map => map[Scale] = null));
        Refused("which is not there", f => Map(f, map => map["no.such.tensor"] = First));
        Refused("for tensor 'logit_scale', which is not there",
            f => Map(f, map => map[Scale] = map[Scale]!.GetValue<string>() == First ? Second : First));
        Refused("no tensor \"logit_scale\"", f => Map(f, map => map.Remove(Scale)));
        Refused("\"weight_map\" is empty", f => Map(f, map => map.Clear()));
        Refused("not valid JSON",
            f => File.WriteAllText(f[SafeTensorsSet.IndexFile], """{"weight_map": {"a": "b.safetensors", "a": "c.safetensors"}}"""));
        Refused("not valid JSON", f => File.WriteAllText(f[SafeTensorsSet.IndexFile], "{"));
        Refused("expected an object with \"weight_map\"", f => File.WriteAllText(f[SafeTensorsSet.IndexFile], """{"weight_map": []}"""));
        Refused("expected an object with \"weight_map\"", f => File.WriteAllText(f[SafeTensorsSet.IndexFile], "[]"));
        Refused("is also in", f => File.Copy(f[First], f["extra.safetensors"]),
            f => Map(f, map => map[Scale] = "extra.safetensors"));
        Refused(First, f => File.WriteAllBytes(f[First], File.ReadAllBytes(f[First])[..^4]));
        Refused("only pytorch_model.bin", f => File.Move(f[SafeTensorsSet.IndexFile], f["pytorch_model.bin"]));

        static void Map(TemporaryFolder folder, Action<JsonObject> change)
        {
            var index = JsonNode.Parse(File.ReadAllText(folder[SafeTensorsSet.IndexFile]))!;
            change(index["weight_map"]!.AsObject());
            File.WriteAllText(folder[SafeTensorsSet.IndexFile], index.ToJsonString());
        }

        static void Refused(string expected, params Action<TemporaryFolder>[] spoil)
        {
            using var folder = new TemporaryFolder();
            WriteShards(folder, ElementType.Float32);
            foreach (var action in spoil) action(folder);
            string message = Assert.Throws<InputException>(() => ClipModel.Load(folder.Path)).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void What_an_older_configuration_says_twice_counts_from_its_dict()
    {
        using var folder = new TemporaryFolder();
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "config.json")))!;
        string act = config["text_config"]!["hidden_act"]!.GetValue<string>() == "gelu" ? "quick_gelu" : "gelu";
        config["text_config_dict"] = new JsonObject { ["hidden_act"] = act };
        config["vision_config_dict"] = null;
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        var (plain, changed) = (ClipConfig.Read(Path.Combine(Folder, "config.json")), ClipConfig.Read(folder["config.json"]));
        Assert.NotEqual(plain.Text.Activation, changed.Text.Activation);
        Assert.Equal(plain, changed with { Text = changed.Text with { Activation = plain.Text.Activation } });
    }

    [Theory]
    [InlineData("text_model.encoder.layers.1.self_attn.v_proj.weight", float.NaN, "NaN")]
    [InlineData("vision_model.post_layernorm.bias", float.NegativeInfinity, "-Infinity")]
    public void A_weight_that_is_not_finite_is_named(string name, float value, string shown)
    {
        using var folder = new TemporaryFolder().CopyFrom(Folder);
        Lora.PeftLoraTests.Rewrite(folder["model.safetensors"], name, value);
        string message = Assert.Throws<InputException>(() => ClipModel.Load(folder.Path)).Message;
        Assert.Contains($"model.safetensors': tensor '{name}' holds {shown} (value 5), every weight must be finite", message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_beyond_float32_is_named()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Folder, "config.json"), folder["config.json"]);
        var writer = new SafeTensorsWriter();
        using (var file = SafeTensorsFile.Open(Path.Combine(Folder, "model.safetensors")))
        {
            foreach (string name in file.Names)
            {
                double[] values = file.ReadDoubles(name);
                if (name == "text_projection.weight") values[^1] = 1e39;
                writer.Add(name, values, [.. file.Info(name).Shape.Select(size => (int)size)]);
            }
        }

        writer.Write(folder["model.safetensors"]);
        Assert.Contains("tensor 'text_projection.weight' holds Infinity",
            Assert.Throws<InputException>(() => ClipModel.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    // Where, the key and its value; null where it changes nothing here.
    [Theory]
    [InlineData("", "transformers_version", "\"5.0.0\"", null)]
    [InlineData("", "dtype", "\"float32\"", null)]
    [InlineData("", "torch_dtype", "\"float16\"", null)]
    [InlineData("", "_name_or_path", "\"openai/clip\"", null)]
    [InlineData("", "initializer_factor", "1.0", null)]
    [InlineData("", "quantization_config", "null", null)]
    [InlineData("", "tie_word_embeddings", "false", null)]
    [InlineData("text_config", "dropout", "0.1", null)]
    [InlineData("text_config", "attention_dropout", "0.1", null)]
    [InlineData("text_config", "is_decoder", "false", null)]
    [InlineData("text_config", "pruned_heads", "{}", null)]
    [InlineData("text_config", "id2label", "{\"0\": \"LABEL_0\"}", null)]
    [InlineData("vision_config", "initializer_range", "0.02", null)]
    [InlineData("vision_config", "bos_token_id", "0", null)]
    [InlineData("", "quantization_config", "{\"bits\": 4}",
        "\"quantization_config\" is {\"bits\": 4}, a setting that is not supported")]
    [InlineData("", "auto_map", "{\"AutoModel\": \"modeling.Own\"}", "\"auto_map\" is")]
    [InlineData("", "model_type", "\"siglip\"", "\"model_type\" is \"siglip\"; expected clip")]
    [InlineData("text_config", "model_type", "\"bert\"", "\"text_config.model_type\" is \"bert\"; expected clip_text_model")]
    [InlineData("text_config", "is_decoder", "true", "\"text_config.is_decoder\" is true")]
    [InlineData("text_config", "pruned_heads", "{\"0\": [1]}", "\"text_config.pruned_heads\" is")]
    [InlineData("text_config", "hidden_act", "null", "hidden_act \"null\" is not supported")]
    [InlineData("text_config", "hidden_act", "\"gelu_pytorch_tanh\"", "hidden_act \"gelu_pytorch_tanh\" is not supported")]
    [InlineData("text_config", "rope", "true", "\"text_config.rope\" is true")]
    [InlineData("text_config", "attention_bias", "false", "\"text_config.attention_bias\" is false")]
    [InlineData("vision_config", "layer_norm_eps", "-1", "\"layer_norm_eps\" is -1; expected a positive number")]
    [InlineData("vision_config", "num_channels", "1", "num_channels must be 3")]
    [InlineData("vision_config", "vision_use_head", "false", "\"vision_config.vision_use_head\" is false")]
    public void Every_setting_is_obeyed_known_to_change_nothing_or_refused(string section, string key, string value, string? refused)
    {
        using var folder = new TemporaryFolder();
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "config.json")))!.AsObject();
        (section.Length == 0 ? config : config[section]!.AsObject())[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["config.json"],
            config.ToJsonString(
                new() { WriteIndented = false, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        var failure =
            Record.Exception(() =>
                Assert.Equal(ClipConfig.Read(Path.Combine(Folder, "config.json")), ClipConfig.Read(folder["config.json"])));
        if (refused is null) Assert.Null(failure);
        else Assert.Contains(refused,
            Assert.IsType<InputException>(failure).Message.Replace("{\"bits\":4}", "{\"bits\": 4}", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    private static void AssertSame(ClipModel expected, ClipModel actual, double tolerance)
    {
        foreach (var (left, right) in expected.NamedTensors.Zip(actual.NamedTensors))
        {
            for (int i = 0; i < left.Values.Length; i++)
                Assert.Equal(left.Values.Span[i], right.Values.Span[i], tolerance * Math.Max(1e-3, Math.Abs(left.Values.Span[i])));
        }
    }

    // Two shards of every other tensor each, as save_pretrained names them.
    private static void WriteShards(TemporaryFolder folder, ElementType type)
    {
        File.Copy(Path.Combine(Folder, "config.json"), folder["config.json"]);
        using var whole = SafeTensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
        SafeTensorsWriter[] writers = [new(), new()];
        var map = new JsonObject();
        foreach (var (i, name) in whole.Names.Index())
        {
            var tensor = whole.ReadTensor(name);
            writers[i % 2].Add(name, tensor.Span.ToArray(), tensor.Shape.ToArray(), type);
            map[name] = Name(i % 2);
        }

        for (int shard = 0; shard < 2; shard++) writers[shard].Write(folder[Name(shard)]);
        File.WriteAllText(folder[SafeTensorsSet.IndexFile],
            new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = map }.ToJsonString());

        static string Name(int shard) => $"model-0000{shard + 1}-of-00002.safetensors";
    }
}
