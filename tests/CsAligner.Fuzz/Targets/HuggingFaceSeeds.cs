using System.Buffers.Binary;
using System.Text;

namespace CsAligner.Fuzz.Targets;

/// <summary>Small tokenizer.json files: each model, each step around it, in the ways that well-known families put them together.</summary>
internal static class HuggingFaceSeeds
{
    private const string Marks = """
        "added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},{"id":1,"content":"<pad>","special":true},
        {"id":2,"content":"</s>","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":true},{"id":3,"content":"<unk>","special":true},{"id":40,"content":"new word","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false}]
        """;

    private const string Bytes = """
        "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
        "vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"p":5,"h":6,"o":7,"t":8,"c":9,"e":10,"Ġ":11,"Ã":12,"©":13,"1":14,"'":15,"s":16,"f":17,"ph":18,"ot":19,"phot":20,"photo":21,"Ġa":22,"Ġc":23,"Ġca":24,"Ġcat":25,"Ã©":26,"ee":27,"eeee":28,"'s":29},
        "merges":["p h","o t","ph ot","phot o","Ġ a","Ġ c","Ġc a","Ġca t","Ã ©","e e","ee ee","' s"]}
        """;

    private const string Fallback = """
        "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
        "vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"▁":4,"a":5,"c":6,"t":7,"▁a":8,"▁c":9,"at":10,"▁cat":11,"<0xC3>":12,"<0xA9>":13,"<0x0A>":14,"e":15,"ee":16},
        "merges":[["▁","a"],["▁","c"],["a","t"],["▁c","at"],["e","e"]]}
        """;

    private const string Suffixed = """
        "model":{"type":"BPE","unk_token":"<unk>","continuing_subword_prefix":"","end_of_word_suffix":"</w>",
        "vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"c":5,"t":6,"a</w>":7,"t</w>":8,"ca":9,"cat</w>":10,"e":11,"e</w>":12,"ee</w>":13},"merges":["c a","ca t</w>","e e</w>"]}
        """;

    private const string Pieces = """
        "model":{"type":"WordPiece","unk_token":"<unk>","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"photo":5,"##graph":6,"cat":7,"##s":8,"e":9,"##e":10,"##ee":11,".":12,"naive":13,"京":14}}
        """;

    private const string Unigram = """
        "model":{"type":"Unigram","unk_id":3,"byte_fallback":false,
        "vocab":[["<s>",0],["<pad>",0],["</s>",0],["<unk>",0],["▁",-2.5],["▁a",-3],["a",-4.25],["ph",-5],["oto",-6],["▁cat",-7],["e",-5],["ee",-6],["🙂",-8],["é",-9]]}
        """;

    private const string UnigramBytes = """
        "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1],["b",-2.5],["ab",-3],["<0xF0>",-9],["<0x9F>",-9],["<0x99>",-9],["<0x82>",-9],["x",-3],["y",-3]]}
        """;

    private const string Words = """
        "model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"photo":2,"cat":3}}
        """;

    private const string Template = """
        "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[],
        "special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]},"</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}}
        """;

    private const string Rows = """
        "truncation":{"direction":"Left","max_length":12,"strategy":"LongestFirst","stride":0},"padding":{"strategy":{"Fixed":12},"direction":"Left","pad_to_multiple_of":null,"pad_id":1,"pad_type_id":0,"pad_token":"<pad>"}
        """;

    private const string Config = """{"model_max_length":16,"pad_token":"<pad>","padding_side":"right","truncation_side":"right"}""";

    private const string OtherConfig =
        """{"model_max_length":1e30,"pad_token":{"content":"</s>"},"padding_side":"left","truncation_side":"left"}""";

    /// <summary>tokenizer.json and tokenizer_config.json.</summary>
    public static IEnumerable<byte[][]> All()
    {
        string[] files =
        [
            $$"""{"version":"1.0",{{Rows}},{{Marks}},"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":{"type":"ByteLevel"},{{Bytes}}}""",
            $$"""{{{Marks}},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,"use_regex":false},"post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]},{{Bytes}}}""",
            $$"""{{{Marks}},"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},{{Bytes.Replace("\"ignore_merges\":false", "\"ignore_merges\":true", StringComparison.Ordinal)}}}""",
            $$"""{{{Marks}},"normalizer":{"type":"Sequence","normalizers":[{"type":"Strip","strip_left":true,"strip_right":false},{"type":"ByteLevel"}]},{{Bytes}}}""",
            $$"""{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"<s>|'s|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},{"type":"Digits","individual_digits":true}]},{{Suffixed}}}""",
            $$"""{{{Marks}},"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},{{Template}},{{Fallback}}}""",
            $$"""{{{Marks}},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false},{{Template}},{{Fallback}}}""",
            $$"""{{{Marks}},"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},"pre_tokenizer":{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false},{{Fallback}}}""",
            $$"""{{{Rows}},{{Marks}},"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},{{Template}},{{Pieces}}}""",
            $$"""{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Punctuation","behavior":"Contiguous"},{"type":"CharDelimiterSplit","delimiter":"e"}]},"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"BertProcessing","sep":["</s>",2],"cls":["<s>",0]}]},{{Pieces}}}""",
            $$"""{{{Marks}},"normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"{{Table()}}"},{"type":"Nmt"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]},{{Template}},{{Unigram}}}""",
            $$"""{"normalizer":{"type":"NFKC"},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","add_prefix_space":false},{{UnigramBytes}}}""",
            $$"""{"normalizer":{"type":"NFD"},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"[aeiou]|\\d+"},"behavior":"MergedWithNext","invert":false},{{Words}}}""",
        ];
        for (int i = 0; i < files.Length; i++)
            yield return [Encoding.UTF8.GetBytes(files[i]), Encoding.UTF8.GetBytes(i % 2 == 0 ? Config : OtherConfig)];
    }

    // SentencePiece's: "A" becomes "a", "é" becomes "e". The place of a byte is the offset of the unit before, exclusive or.
    private static string Table()
    {
        const uint Leaf = 0x100, Second = 0x200;
        var units = new uint[0x280];
        units['A'] = 'A' | Leaf | (1 << 10);
        units['A' ^ 1] = 0;
        units[0xC3] = 0xC3 | (Second << 10);
        units[Second ^ 0xC3 ^ 0xA9] = 0xA9 | Leaf | (1 << 10);
        units[Second ^ 0xC3 ^ 0xA9 ^ 1] = 2;
        var bytes = new byte[4 + (4 * units.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(4 * units.Length));
        for (int i = 0; i < units.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), units[i]);
        return Convert.ToBase64String([.. bytes, .. "a\0e\0"u8]);
    }
}
