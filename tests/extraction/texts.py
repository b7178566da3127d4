"""Invented sentences, headlines and names of the semiconductor industry, in English and Chinese, by a seeded generator."""

from __future__ import annotations

from random import Random

COMPANIES = {
    "en": [
        "Harbor Silicon",
        "Lakeside Foundry",
        "Valley Wafer",
        "Northgate Memory",
        "Alder Photonics",
        "Quarry Devices",
        "Tern Analog",
    ],
    "zh": ["港芯微电子", "湖畔晶圆", "河谷半导体", "北门存储", "桤木光子", "石场器件", "燕鸥模拟"],
}
PEOPLE = {
    "en": ["Ann Weber", "Tom Hale", "Mira Osei", "Jon Lind", "Carla Ruiz", "Peter Abbot", "Lena Moss"],
    "zh": ["陈远", "林夏", "周南", "何青", "宋河", "许安", "高原"],
}
PLACES = {
    "en": ["the valley", "the northern plant", "the old harbour", "its second site", "the hills"],
    "zh": ["河谷园区", "北部工厂", "老港区", "第二厂区", "山麓基地"],
}
THINGS = {
    "en": [
        "power chips",
        "image sensors",
        "memory wafers",
        "analog parts",
        "test services",
        "silicon carbide wafers",
        "packaging lines",
    ],
    "zh": ["功率芯片", "图像传感器", "存储晶圆", "模拟器件", "测试服务", "碳化硅衬底", "封装产线"],
}
SENTENCES = {
    "en": (
        "{company} said on {weekday} that it will build {things} at {place} from {month} on, {number} weeks later than planned.",
        "Output is to reach {number} thousand wafers a month once the last {tools} are installed, the company told its customers.",
        "The delay comes from a shortage of {tools}, of which makers deliver only two thirds of what was ordered.",
        "Orders from carmakers fell by {number} percent, while those for power supplies of servers doubled within a year.",
        "“We would rather be late than sell parts that fail in the field,” said {person}, who leads the plant.",
        "Analysts of the Lakeside bank expect prices of {things} to stay flat, as stocks at distributors are above {number} days.",
        "A second line for {things} has been put off without a new date, and {number} people were offered other work.",
        "The state pays about a third of the {number} million that the buildings cost, according to papers of the town council.",
        "Rivals such as {other} have begun to ship samples of {things}, though in small numbers and at a higher price.",
        "Yields have risen from {small} to {number} percent since {month}, two engineers who work on the line said.",
        "In the quarter before, sales of {things} had reached {number} million, a little less than the company had hoped for.",
        "What the new furnaces cannot do is work without gas, and its price has climbed by {number} percent since the winter.",
        "{company} buys most of its {tools} from two makers abroad; a third one is being tested at {place}.",
        "Whether the customers will wait is another question: three of them have signed contracts with {other}.",
    ),
    "zh": (
        "{company}{weekday}表示，将从{month}起在{place}生产{things}，比原计划晚了{number}周。",
        "公司告知客户，待最后一批{tools}安装完毕后，月产能将达到{number}千片。",
        "延期的原因是{tools}供应不足，制造商目前只能交付订单数量的三分之二。",
        "来自汽车厂商的订单下降了{number}%，而服务器电源芯片的订单在一年内翻了一番。",
        "“我们宁可晚一些，也不愿出售会在现场失效的产品。”负责该工厂的{person}说。",
        "湖畔银行的分析师预计，由于分销商库存超过{number}天，{things}的价格将保持平稳。",
        "另一条{things}产线已被推迟，新的日期尚未确定，{number}名员工获得了其他岗位。",
        "根据市议会的文件，厂房造价{number}百万元，其中约三分之一由地方政府承担。",
        "{other}等竞争对手已开始交付{things}样品，不过数量很少，价格也更高。",
        "两位在产线工作的工程师介绍，自{month}以来，良率已从{small}%提高到{number}%。",
        "在上一个季度，{things}的销售额为{number}百万元，略低于公司此前的预期。",
        "新的炉管离不开特种气体，而气体价格自去年冬天以来上涨了{number}%。",
        "{company}的大部分{tools}采购自两家海外厂商，第三家的设备正在{place}测试。",
        "客户是否愿意等待是另一个问题：其中三家已经与{other}签订了合同。",
    ),
}
HEADLINES = {
    "en": (
        "{company} puts off {things} at {place} by {number} weeks",
        "{company} wins {number} new customers for {things}",
        "Why {things} are short again at {company}",
        "{company} and {other} share the cost of {number} furnaces",
        "Prices of {things} rise {number} percent, {company} says",
    ),
    "zh": (
        "{company}推迟{place}{things}投产{number}周",
        "{company}获得{number}家{things}新客户",
        "{things}为何再度紧缺：{company}的解释",
        "{company}与{other}分担{number}台炉管的费用",
        "{company}称{things}价格上涨{number}%",
    ),
}
COMMENTS = {
    "en": (
        "I worked there for {number} years and nobody who stands at the pumps believes the date that was given.",
        "Same story as at {other}, where the {things} came two years late and the town paid for the road.",
        "They should have bought the {tools} when they were cheap, everybody on the floor told them so.",
        "Good article, but what about the water? My cousin lives next to {place} and has none in summer.",
    ),
    "zh": (
        "我在那里工作了{number}年，站在泵旁边的人没有一个相信这个日期，大家等着看吧。",
        "和{other}当年一样，{things}晚了两年，路还是我们自己修的，真是没想到。",
        "{tools}便宜的时候就应该买下来，车间里每个人都这么说过，可惜没有人听。",
        "文章写得不错，但是水怎么办？我表哥住在{place}旁边，一到夏天就没有水用。",
    ),
}
_WORDS = {
    "en": {
        "weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "month": ["March", "April", "June", "September", "October"],
        "tools": ["pumps", "valves", "furnaces", "steppers", "probe cards"],
    },
    "zh": {
        "weekday": ["周一", "周二", "周三", "周四", "周五"],
        "month": ["三月", "四月", "六月", "九月", "十月"],
        "tools": ["真空泵", "阀门", "炉管", "光刻机", "探针卡"],
    },
}


class Writer:
    """Writes texts in one language; the same *rng* gives the same texts."""

    def __init__(self, rng: Random, language: str) -> None:
        self._rng, self.language = rng, language
        self.company = rng.choice(COMPANIES[language])

    def name(self) -> str:
        return self._rng.choice(PEOPLE[self.language])

    def headline(self) -> str:
        return self._filled(self._rng.choice(HEADLINES[self.language]))

    def comment(self) -> str:
        return self._filled(self._rng.choice(COMMENTS[self.language]))

    def paragraph(self, sentences: int) -> str:
        chosen = self._rng.sample(SENTENCES[self.language], sentences)
        return (" " if self.language == "en" else "").join(map(self._filled, chosen))

    def thing(self) -> str:
        return self._rng.choice(THINGS[self.language])

    def number(self) -> int:
        return self._rng.randint(11, 94)

    def _filled(self, template: str) -> str:
        rng, language = self._rng, self.language
        others = [company for company in COMPANIES[language] if company != self.company]
        return template.format(
            company=self.company,
            other=rng.choice(others),
            person=rng.choice(PEOPLE[language]),
            place=rng.choice(PLACES[language]),
            things=rng.choice(THINGS[language]),
            number=rng.randint(11, 94),
            small=rng.randint(3, 9),
            **{name: rng.choice(words) for name, words in _WORDS[language].items()},
        )
