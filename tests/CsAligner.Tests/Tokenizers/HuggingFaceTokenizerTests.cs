using System.Text.Json.Nodes;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class HuggingFaceTokenizerTests
{
    public static TheoryData<string> Names => [.. GoldenTokenizers.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Awkward_texts_give_the_ids_of_Hugging_Faces_library(string name)
    {
        HuggingFaceTokenizer tokenizer = GoldenTokenizers.Load(name);
        string[] texts = GoldenTokenizers.Texts;
        int[][] ids = GoldenTokenizers.Ids(name, "ids");
        Assert.Equal(texts.Length, ids.Length);
        for (int round = 0; round < 2; round++)
        {
            // The second time words come out of the cache.
            for (int i = 0; i < texts.Length; i++)
                Assert.True(ids[i].AsSpan().SequenceEqual(tokenizer.Encode(texts[i])),
                    $"text {i} '{texts[i]}' should give {string.Join(' ', ids[i])}, not {string.Join(' ', tokenizer.Encode(texts[i]))}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_are_cut_and_filled_up_on_either_side_as_by_Hugging_Faces_library(string name)
    {
        foreach (string side in (ReadOnlySpan<string>)["right", "left"])
        {
            JsonObject json = GoldenTokenizers.Json(name);
            string direction = side == "right" ? "Right" : "Left";
            json["truncation"] =
                new JsonObject { ["direction"] = direction, ["max_length"] = 12, ["strategy"] = "LongestFirst", ["stride"] = 0 };
            json["padding"] =
                new JsonObject
                {
                    ["strategy"] = new JsonObject { ["Fixed"] = 12 },
                    ["direction"] = direction,
                    ["pad_id"] = 1,
                    ["pad_type_id"] = 0,
                    ["pad_token"] = "x"
                };
            HuggingFaceTokenizer tokenizer = GoldenTokenizers.Load(json);
            int[][] rows = GoldenTokenizers.Ids(name, side);
            TokenBatch batch = tokenizer.EncodeBatch(GoldenTokenizers.Texts[..rows.Length], tokenizer.ContextLength!.Value);
            Assert.Equal((12, 1, side == "left"), (batch.ContextLength, tokenizer.PaddingId, batch.PaddedLeft));
            for (int i = 0; i < rows.Length; i++)
                Assert.Equal(rows[i], batch.Row(i));
        }
    }
}
